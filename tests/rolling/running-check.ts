import { type Ended, ended, startProgram } from '../../services/load-probe/test/program.ts';

/** More than anybody waits for: the check ends when it is stopped. */
const COUNT = 1_000_000;

/** What `check --json` says of one series of samples. */
export interface Series {
  readonly id: string;
  readonly flow: 'fresh' | 'sticky';
  readonly samples: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly outcome: string; readonly detail: string }[];
  readonly flowDeaths: { readonly count: number; readonly last: readonly { readonly cause: string }[] };
}

export interface CheckEnd {
  readonly code: number | null;
  readonly targets: readonly Series[];
}

/** The project's own `check`, under way until it is stopped. */
export class RunningCheck implements AsyncDisposable {
  readonly #child;
  readonly #ended: Promise<Ended>;

  constructor(ratePerSecond: number, urls: readonly string[]) {
    this.#child = startProgram([
      'check',
      '--json',
      '--rate',
      `${ratePerSecond}`,
      '--count',
      `${COUNT}`,
      ...urls,
    ]);
    this.#ended = ended(this.#child);
  }

  /** Ends it as Ctrl-C does, with a report of the samples until then. */
  async stop(): Promise<CheckEnd> {
    this.#child.kill('SIGINT');
    const { code, stdout, stderr } = await this.#ended;
    if (stdout === '') throw new Error(`check printed no report: ${stderr}`);
    return { code, targets: JSON.parse(stdout).targets };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
