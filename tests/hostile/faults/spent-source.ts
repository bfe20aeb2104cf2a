import { eventually } from '../../harness/eventually.ts';
import type { Metrics } from '../../harness/metrics.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import type { Promises } from '../scenario.ts';

/** RATE_PER_SOURCE, datagrams per second; the burst is twice that. */
export const RATE = 30;
/** More than the burst. Datagrams. */
const SPENT = 3 * RATE;
const LISTENER = { listener: 'echo-udp' };

/** A source of datagrams that has used up its rate. */
export class SpentSource implements AsyncDisposable {
  readonly #echo: ServiceProcess;
  readonly #client: UdpClient;
  readonly #spentAt = performance.now();
  readonly #answersBefore: number;

  static async spend(echo: ServiceProcess): Promise<SpentSource> {
    const before = (await echo.metrics()).value('l4_udp_datagrams_sent_total', LISTENER);
    const source = new SpentSource(echo, await UdpClient.open(), before);
    await source.#send();
    return source;
  }

  private constructor(echo: ServiceProcess, client: UdpClient, answersBefore: number) {
    this.#echo = echo;
    this.#client = client;
    this.#answersBefore = answersBefore;
  }

  /** Sends the same number again, and then until a reply comes. */
  async expectRate(latestMs: number, promises: Promises, step: string): Promise<void> {
    const answered =
      (await this.#send()).value('l4_udp_datagrams_sent_total', LISTENER) - this.#answersBefore;
    const seconds = (performance.now() - this.#spentAt) / 1_000;
    const most = Math.ceil((2 + seconds) * RATE);
    promises.expect(
      answered <= most,
      `A source may have ${most} answers in ${seconds.toFixed(1)} s, in spite of a step of ${step}.`,
      answered,
    );
    const { answers } = this.#client;
    const soFar = answers.length;
    try {
      await eventually(() => {
        this.#client.send('more', this.#echo.port('echo-udp'));
        if (answers.length === soFar) throw new Error('no answer');
      }, latestMs);
    } catch {
      promises.expect(false, `A source must have its rate again after a step of ${step}.`, 'no answer');
    }
  }

  /** Sends the datagrams. @returns the metrics once all are received */
  async #send(): Promise<Metrics> {
    const name = 'l4_udp_datagrams_received_total';
    const before = (await this.#echo.metrics()).value(name, LISTENER);
    for (let sent = 0; sent < SPENT; sent += 1) this.#client.send('spent', this.#echo.port('echo-udp'));
    return eventually(async () => {
      const metrics = await this.#echo.metrics();
      const received = metrics.value(name, LISTENER) - before;
      if (received < SPENT) throw new Error(`echo received ${received} of ${SPENT} datagrams`);
      return metrics;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
