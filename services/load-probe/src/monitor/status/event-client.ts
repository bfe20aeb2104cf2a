import type { ServerResponse } from 'node:http';

/**
 * How much is written to the connection at a time, bytes. Small pieces show how far a slow client has read.
 */
const PIECE_BYTES = 64 * 1024;
/** How much a client may leave unread. */
const MAX_UNREAD_BYTES = 8 * 1024 ** 2;
/** A client that has read nothing for this many ticks is gone or stuck. */
const MAX_STUCK_TICKS = 10;

/** A client of the event stream. Events that it has not read yet wait here. */
export class EventClient {
  readonly #response: ServerResponse;
  /** Only the newest status: it replaces older ones. */
  #status: Buffer | undefined;
  readonly #buckets: Buffer[] = [];
  #bucketsBytes = 0;
  /** Each of its events is made when the client has read those before: the history of thousands of series is large. */
  readonly #history: Iterator<Buffer, void>;
  /** The unsent rest of the current event. */
  #rest: Buffer = Buffer.alloc(0);
  #connection: 'ready' | 'full' = 'ready';
  #stuckTicks = 0;

  /** @param first the status and the events with the history */
  constructor(
    response: ServerResponse,
    first: { readonly status: Buffer; readonly history: Iterator<Buffer, void> },
  ) {
    this.#response = response;
    this.#status = first.status;
    this.#history = first.history;
    response.on('drain', () => {
      this.#connection = 'ready';
      this.#stuckTicks = 0;
      this.#send();
    });
    this.#send();
  }

  /** Call once a tick. @returns whether the client reads, though it may be behind */
  tick(): boolean {
    if (this.#connection === 'full') this.#stuckTicks += 1;
    return this.#stuckTicks < MAX_STUCK_TICKS && this.#bucketsBytes <= MAX_UNREAD_BYTES;
  }

  sendStatus(event: Buffer): void {
    this.#status = event;
    this.#send();
  }

  sendBuckets(event: Buffer): void {
    this.#buckets.push(event);
    this.#bucketsBytes += event.length;
    this.#send();
  }

  /** @param comment keeps an idle connection open; a connection with unsent events is not idle */
  sendComment(comment: Buffer): void {
    if (this.#connection === 'ready') this.#response.write(comment);
  }

  end(): void {
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }

  #send(): void {
    while (this.#connection === 'ready') {
      if (this.#rest.length === 0) this.#rest = this.#next();
      if (this.#rest.length === 0) return;
      const piece = this.#rest.subarray(0, PIECE_BYTES);
      this.#rest = this.#rest.subarray(PIECE_BYTES);
      this.#connection = this.#response.write(piece) ? 'ready' : 'full';
    }
  }

  /**
   * A status goes first, so that a page that loads a long history sees that the probe is alive. What is new goes before
   * the rest of the history, which may take longer than the new may wait.
   */
  #next(): Buffer {
    const status = this.#status;
    this.#status = undefined;
    if (status) return status;
    const buckets = this.#buckets.shift();
    this.#bucketsBytes -= buckets?.length ?? 0;
    return buckets ?? this.#history.next().value ?? Buffer.alloc(0);
  }
}
