import type { ServerResponse } from 'node:http';
import { EventClient } from './event-client.ts';
import type { StatusStore } from './store.ts';

const TICK_MS = 1_000;
/** A comment this often, for proxies that cut a silent response; every client's EventSource ignores it. */
const HEARTBEAT_TICKS = 15;
const HEARTBEAT = Buffer.from(': heartbeat\n\n');
/** How long a client that lost the stream waits before it asks again. */
const RETRY_MS = 2_000;
/** Open pages; each costs a status a second. */
const MAX_CLIENTS = 100;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): to each new client the status
 * and the recent history, then to all once a second the seconds that changed and the status.
 */
export class EventStream {
  readonly #store: StatusStore;
  readonly #clients = new Set<EventClient>();
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(store: StatusStore) {
    this.#store = store;
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
    response.write(`retry: ${RETRY_MS}\n\n`);
    // A write may meet a connection that broke a moment before its close event.
    response.on('error', () => {});
    const { version, buckets } = this.#store.recentSeconds();
    const client = new EventClient(response, {
      status: event('status', this.#store.status()),
      // An event for each series, some 70 KB: an EventSource passes on no event before it is whole, and a client on a
      // slow link must not take the silence for a dead connection.
      buckets: Object.entries(buckets).map(([id, seconds]) =>
        event('buckets', { version, buckets: { [id]: seconds } }),
      ),
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
    // Taken even when no page is open: they must not pile up.
    const changed = this.#store.takeChangedSeconds();
    if (this.#clients.size > 0) {
      // The page draws when a status comes.
      const buckets = event('buckets', changed);
      const status = event('status', this.#store.status());
      for (const client of this.#clients) {
        client.sendBuckets(buckets);
        client.sendStatus(status);
      }
    }
    if (this.#ticks % HEARTBEAT_TICKS === 0) {
      for (const client of this.#clients) client.sendComment(HEARTBEAT);
    }
  }
}

function event(name: string, data: unknown): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
