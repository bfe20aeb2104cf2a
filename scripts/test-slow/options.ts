export interface SlowOptions {
  readonly modes: readonly string[];
  /** Arguments of `npm test`: folders and options of vitest. */
  readonly testArgs: readonly string[];
}

/**
 * @param known names of modes; all are used when none is named
 * @throws Error that names the unknown mode and lists the known modes
 */
export function readOptions(args: readonly string[], known: readonly string[]): SlowOptions {
  const testArgs = [...args];
  const modes: string[] = [];
  for (let at = testArgs.indexOf('--mode'); at >= 0; at = testArgs.indexOf('--mode')) {
    const [, name = ''] = testArgs.splice(at, 2);
    if (!known.includes(name)) throw new Error(`--mode ${name} must be one of ${known.join(', ')}`);
    modes.push(name);
  }
  return { modes: modes.length === 0 ? known : modes, testArgs };
}
