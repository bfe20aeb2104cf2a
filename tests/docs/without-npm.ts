import manifest from '../../package.json' with { type: 'json' };

const BOOTSTRAP = 'node scripts/bootstrap.mjs';
const scripts: Readonly<Record<string, string>> = manifest.scripts;

/**
 * An `npm run` as npm and the bootstrap would run it, by the Node of this test. These two are started with the fleet
 * and have tests of their own; before every command they cost more than many of the commands.
 */
export function withoutNpm(command: string): string {
  return command.replace(/\bnpm (?:run )?(\w+)\b(?: --(?= ))?/, (whole, name: string) => {
    const script = scripts[name];
    if (!script?.includes(BOOTSTRAP)) return whole;
    return script.replace(BOOTSTRAP, `'${process.execPath}' --disable-warning=ExperimentalWarning`);
  });
}
