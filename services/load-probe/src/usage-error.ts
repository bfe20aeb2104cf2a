import { visible } from '@echo-daytime/runtime';

/** Names every mistake of a command line, a sentence each. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const shown = problems.map(visible);
    super(shown.join('\n'));
    this.problems = shown;
  }
}
