/**
 * Exits once standard output and error have been written. For work that can't be ended: a lookup that was given up
 * holds its thread, and with it the process, until the resolver answers or gives up itself.
 */
export function exitWhenWritten(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
