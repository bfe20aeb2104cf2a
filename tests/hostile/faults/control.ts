import { setTimeout as delay } from 'node:timers/promises';
import { TcpClient } from '../../harness/tcp-client.ts';

const INTERVAL_MS = 50;
/** Long enough for a busy machine; on loopback a reply takes a millisecond. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Sends requests to an echo service, each on a new connection, and records the results. */
export class Control implements AsyncDisposable {
  readonly #port: () => number;
  readonly #host: string;
  readonly #watching: Promise<void>;
  #stopped = false;
  asked = 0;
  answered = 0;
  wrong = 0;
  /** The longest time without a reply. Milliseconds. */
  longestGapMs = 0;
  #lastAnswer = performance.now();

  /** @param port of the service, which a restart may change */
  constructor(port: () => number, host = '127.0.0.1') {
    this.#port = port;
    this.#host = host;
    this.#watching = this.#watch();
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      await this.#ask();
      await delay(INTERVAL_MS);
    }
  }

  async #ask(): Promise<void> {
    const question = `question ${this.asked}`;
    this.asked += 1;
    using client = new TcpClient(this.#port(), { host: this.#host });
    const answer = await Promise.race([client.ask(question), delay(ANSWER_TIMEOUT_MS, '')]);
    const now = performance.now();
    if (answer === question) {
      this.answered += 1;
      this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastAnswer);
      this.#lastAnswer = now;
    } else if (answer !== '') {
      this.wrong += 1;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching;
    this.longestGapMs = Math.max(this.longestGapMs, performance.now() - this.#lastAnswer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
