import type { ServerResponse } from 'node:http';
import { EventClient } from './event-client.ts';
import type { StatusBoard } from './store.ts';
import type { SamplePoint, SamplesDocument } from './types.ts';

const TICK_MS = 1_000;
/** A comment this often, for proxies that cut a silent response; every client's EventSource ignores it. */
const HEARTBEAT_TICKS = 15;
const HEARTBEAT = Buffer.from(': heartbeat\n\n');
/** How long a client that lost the stream waits before it asks again. */
const RETRY_MS = 2_000;
/**
 * Samples of the history in one event, some 50 KB: an EventSource tells nothing of an event before it is whole, and a
 * client on a slow link must not take the silence for a dead connection.
 */
const MAX_EVENT_SAMPLES = 1_000;
/** Open pages; each costs a status a second. */
const MAX_CLIENTS = 100;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): to each new client the
 * status and the recent history, then to all once a second the status and what is new.
 */
export class EventStream {
  readonly #board: StatusBoard;
  readonly #clients = new Set<EventClient>();
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
    // A write may meet a connection that broke a moment before its close event.
    response.on('error', () => {});
    const client = new EventClient(response, {
      status: event('status', this.#board.status()),
      samples: inParts(this.#board.recentSamples()).map((part) => event('samples', part)),
    });
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const client of this.#clients) client.end();
  }

  #tick(): void {
    this.#ticks += 1;
    for (const client of this.#clients) {
      if (client.tick()) continue;
      client.destroy();
      this.#clients.delete(client);
    }
    if (this.#clients.size > 0) {
      const status = event('status', this.#board.status());
      for (const client of this.#clients) client.tellStatus(status);
    }
    this.#broadcastNews();
    if (this.#ticks % HEARTBEAT_TICKS === 0) {
      for (const client of this.#clients) client.tellComment(HEARTBEAT);
    }
  }

  /** Takes the news even if there is nobody to tell: they must not pile up. */
  #broadcastNews(): void {
    const news = this.#board.takeNews();
    if (this.#clients.size === 0) return;
    const samples = event('samples', news);
    for (const client of this.#clients) client.tellSamples(samples);
  }
}

/** A history in several documents: each goes on where the one before left off. */
function inParts({ version, samples }: SamplesDocument): SamplesDocument[] {
  const parts: Map<string, readonly SamplePoint[]>[] = [new Map()];
  let room = MAX_EVENT_SAMPLES;
  for (const [id, points] of Object.entries(samples)) {
    let told = 0;
    do {
      if (room === 0) {
        parts.push(new Map());
        room = MAX_EVENT_SAMPLES;
      }
      const some = points.slice(told, told + room);
      parts.at(-1)!.set(id, some);
      told += some.length;
      room -= some.length;
    } while (told < points.length);
  }
  return parts.map((part) => ({ version, samples: Object.fromEntries(part) }));
}

function event(name: string, data: unknown): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
