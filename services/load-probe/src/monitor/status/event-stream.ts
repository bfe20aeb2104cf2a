import type { ServerResponse } from 'node:http';
import { EventClient } from './event-client.ts';
import type { StatusStore } from './store.ts';

const TICK_MS = 1_000;
/** How often a comment is sent, for proxies that close an idle response. EventSource ignores comments. */
const HEARTBEAT_TICKS = 15;
const HEARTBEAT = Buffer.from(': heartbeat\n\n');
/** How long a client waits before it reconnects. */
const RETRY_MS = 2_000;
/** How many pages may be open; each gets a status every second. */
const MAX_CLIENTS = 100;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A new client gets the status and
 * the recent history. Then all clients get the seconds that changed and the status, once a second.
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

  /** Whether no more clients may be added. */
  get isFull(): boolean {
    return this.#clients.size >= MAX_CLIENTS;
  }

  add(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Without this header nginx and proxies like it buffer the response.
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    // A write may fail on a broken connection before its 'close' event.
    response.on('error', () => {});
    const client = new EventClient(response, {
      status: event('status', this.#store.status()),
      // An event for each series, about 70 KB. EventSource delivers only complete events: with one large event, a client on
      // a slow link would see silence and take the connection for dead.
      history: this.#store.recentSeconds().map((document) => event('buckets', document)),
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
    // Taken even when no page is open, so that they do not pile up.
    const changed = this.#store.takeChangedSeconds();
    if (this.#clients.size > 0) {
      // The page draws when a status comes, so the buckets go first.
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
