import type { ServerResponse } from 'node:http';
import type { StatusBoard } from './status-board.ts';

const TICK_MS = 1_000;
/** A comment this often, for proxies that cut a silent response; every client's EventSource ignores it. */
const HEARTBEAT_TICKS = 15;
/** How long a client that lost the stream waits before it asks again. */
const RETRY_MS = 2_000;
/** Open pages; each costs a status a second. */
const MAX_CLIENTS = 100;
/** A client that leaves this much unread is gone or stuck. */
const MAX_UNREAD_BYTES = 8 * 1024 ** 2;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): to each new client the
 * status and the recent history, then to all once a second the status and what is new.
 */
export class EventStream {
  readonly #board: StatusBoard;
  readonly #clients = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(board: StatusBoard) {
    this.#board = board;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether `add` would be one client too many. */
  get isFull(): boolean {
    return this.#clients.size >= MAX_CLIENTS;
  }

  add(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies of the nginx kind hold a response back to fill a buffer unless told not to.
      'x-accel-buffering': 'no',
    });
    // What is new goes to the others first, or this client would get it twice: now, and with the next tick.
    this.#broadcastNews();
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.write(event('status', this.#board.status()));
    response.write(event('samples', this.#board.recentSamples()));
    this.#clients.add(response);
    // A write may meet a connection that broke a moment before its close event.
    response.on('error', () => {});
    response.on('close', () => this.#clients.delete(response));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const client of this.#clients) client.end();
  }

  #tick(): void {
    this.#ticks += 1;
    if (this.#clients.size > 0) this.#broadcast(event('status', this.#board.status()));
    this.#broadcastNews();
    if (this.#ticks % HEARTBEAT_TICKS === 0) this.#broadcast(': heartbeat\n\n');
  }

  /** Takes the news even if there is nobody to tell: they must not pile up. */
  #broadcastNews(): void {
    const news = this.#board.takeNews();
    if (this.#clients.size > 0) this.#broadcast(event('samples', news));
  }

  #broadcast(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MAX_UNREAD_BYTES) client.destroy();
      else client.write(text);
    }
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
