import type { BucketsDocument, StatusDocument } from '../../src/monitor/status/types.ts';

/** Something comes every second; after this much silence the connection counts as dead although it looks open. */
const SILENCE_LIMIT_MS = 5_000;

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

/** `at`: when the connection was lost, milliseconds since the Unix epoch by the browser's clock. */
export type StreamState = { readonly kind: 'live' } | { readonly kind: 'lost'; readonly at: number };

export interface StreamListener {
  onState(state: StreamState): void;
  onStatus(status: StatusDocument): void;
  onBuckets(buckets: BucketsDocument['buckets']): void;
}

/**
 * The probe's event stream, reconnected for as long as the page is open. EventSource reconnects by itself only
 * after a broken connection: an answer other than 200, as from a proxy while the probe restarts, closes it for
 * good (HTML, section 9.2.3 "fail the connection"), and a path that goes silent never raises an error. So every
 * failure is handled here, in one way.
 */
export class StatusStream {
  readonly #url: string;
  readonly #listener: StreamListener;
  #state: StreamState | { readonly kind: 'connecting' } = { kind: 'connecting' };
  #retryMs = FIRST_RETRY_MS;
  #silence = 0;

  constructor(url: string, listener: StreamListener) {
    this.#url = url;
    this.#listener = listener;
    this.#open();
  }

  #open(): void {
    const source = new EventSource(this.#url);
    const fail = () => this.#fail(source);

    source.addEventListener('error', fail);
    source.addEventListener('status', (event: MessageEvent<string>) => {
      this.#watch(fail);
      this.#retryMs = FIRST_RETRY_MS;
      this.#listener.onStatus(JSON.parse(event.data));
      if (this.#state.kind !== 'live') this.#enter({ kind: 'live' });
    });
    source.addEventListener('buckets', (event: MessageEvent<string>) => {
      // On a slow link a long history keeps the statuses behind it waiting.
      this.#watch(fail);
      const { buckets }: BucketsDocument = JSON.parse(event.data);
      this.#listener.onBuckets(buckets);
    });
    this.#watch(fail);
  }

  #fail(source: EventSource): void {
    clearTimeout(this.#silence);
    source.close();
    if (this.#state.kind !== 'lost') this.#enter({ kind: 'lost', at: Date.now() });
    setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #watch(fail: () => void): void {
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(fail, SILENCE_LIMIT_MS);
  }

  #enter(state: StreamState): void {
    this.#state = state;
    this.#listener.onState(state);
  }
}
