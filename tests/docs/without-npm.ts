import manifest from '../../package.json' with { type: 'json' };

const BOOTSTRAP = 'node scripts/bootstrap.mjs';
const scripts: Readonly<Record<string, string>> = manifest.scripts;

/**
 * An `npm run` as npm and the bootstrap would run it, by the Node of this test. npm and the bootstrap have tests of
 * their own, and starting them for every command would take longer than many of the commands.
 */
export function withoutNpm(command: string): string {
  return command.replace(/\bnpm (?:run )?([\w:]+)(?: --(?= ))?/, (whole, name: string) => {
    const script = scripts[name];
    if (!script?.includes(BOOTSTRAP)) return whole;
    return script.replace(BOOTSTRAP, `'${process.execPath}' --disable-warning=ExperimentalWarning`);
  });
}
