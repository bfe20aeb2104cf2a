/** An output of a command can't be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';

  /** @param output what it is, such as standard output */
  constructor(output: string, cause: unknown) {
    super(`${output} can't be written: ${(cause as Error).message}`, { cause });
  }
}
