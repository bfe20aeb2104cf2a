import { visible } from '@echo-daytime/runtime';

/** All mistakes of a command line, one sentence each. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const shown = problems.map(visible);
    super(shown.join('\n'));
    this.problems = shown;
  }
}

/** An output of a command can't be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';

  /** @param output its name, such as `standard output` */
  constructor(output: string, cause: unknown) {
    super(`${output} can't be written: ${(cause as Error).message}`, { cause });
  }
}

/** The exit codes of every command. */
export const exitCode = {
  /** Every gate held, the exchange succeeded. */
  held: 0,
  /** A gate did not hold, or the exchange failed. */
  failed: 1,
  /** The command line or the configuration is wrong, or an output can't be written. */
  usage: 2,
  /** `explain` can't name a cause; `during` has not started the command, because the warm-up did not pass. */
  unknown: 3,
  /** Interrupted twice; by convention 128 + the number of SIGINT. */
  interrupted: 130,
} as const;
