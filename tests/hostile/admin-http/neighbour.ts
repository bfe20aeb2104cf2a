import { eventually } from '../../harness/eventually.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import type { Scale } from '../scenario.ts';
import { type Account, WellBehaved } from '../well-behaved.ts';

/** A new connection for each sample: accepting is part of what must go on. Samples per second. */
const RATES: Readonly<Record<Scale, number>> = { brief: 20, full: 100 };
/** Samples in quiet. In brief there are none, as latency tells nothing of the service there. */
const QUIET_SAMPLES = 300;
/** Samples of a client that is stopped when the attack is over. */
const ENDLESS = 100_000;
/** A process of Node takes a while to start where others do too. Milliseconds. */
const COMES_MS = 20_000;

export interface Beside {
  readonly figures: Readonly<Record<string, string>>;
  readonly broken: readonly string[];
}

/** An ordinary client of the data plane while the admin port of the same process is attacked. */
export class Neighbour implements AsyncDisposable {
  readonly #client: WellBehaved;
  readonly #quiet: Account | undefined;

  /** Resolves when it has been served in quiet, at the full scale, and has come to stay. */
  static async beside(service: ServiceProcess, scale: Scale): Promise<Neighbour> {
    const url = `echo+tcp://127.0.0.1:${service.port('echo-tcp')}`;
    const rate = RATES[scale];
    const quiet = scale === 'brief' ? undefined : await inQuiet(url, rate);
    const neighbour = new Neighbour(new WellBehaved(url, { rate, count: ENDLESS }), quiet);
    try {
      await eventually(async () => {
        const metrics = await service.metrics();
        const accepted = metrics.value('l4_tcp_connections_accepted_total', { listener: 'echo-tcp' });
        if (accepted <= (quiet?.samples ?? 0)) throw new Error('the neighbour has not come yet');
      }, COMES_MS);
    } catch (error) {
      await neighbour[Symbol.asyncDispose]();
      throw error;
    }
    return neighbour;
  }

  private constructor(client: WellBehaved, quiet: Account | undefined) {
    this.#client = client;
    this.#quiet = quiet;
  }

  /** Ends it; what became of its samples. */
  async stop(): Promise<Beside> {
    const beside = await this.#client.stop();
    const { samples, failures, p99Ms } = beside;
    const quiet = this.#quiet === undefined ? '' : `, in quiet ${this.#quiet.p99Ms.toFixed(1)} ms`;
    const p99 = `p99 ${p99Ms.toFixed(1)} ms${quiet}`;
    return {
      figures: { 'beside it': `${samples} exchanges, ${failures.join(', ') || 'none lost'}, ${p99}` },
      broken: [
        ...(this.#quiet ? brokenBy(this.#quiet, 'the neighbour on the data plane, in quiet') : []),
        ...brokenBy(beside, 'the neighbour on the data plane'),
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

async function inQuiet(url: string, rate: number): Promise<Account> {
  await using client = new WellBehaved(url, { rate, count: QUIET_SAMPLES });
  return client.account();
}

function brokenBy({ samples, failures }: Account, who: string): string[] {
  if (samples === 0) return [`${who}, was not there`];
  return failures.length === 0 ? [] : [`${who}, lost ${failures.join(', ')}`];
}
