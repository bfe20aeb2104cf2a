import { expect, it } from 'vitest';
import { documentedCommand } from '../../docs/documented-commands.ts';
import { withoutNpm } from '../../docs/without-npm.ts';
import { ShellProgram } from '../../harness/shell-program.ts';

/** The duration of the load, without the start of processes and the end of connections. */
const BRIEF = '--minutes 0.1';

it('should hold every promise of a long run in a short one', async () => {
  const { text } = documentedCommand('docs/reliability.md', 'npm run soak');
  await using program = new ShellProgram(withoutNpm(text.replace('--minutes 60', BRIEF)));
  expect(await program.exited, program.output).toEqual([0, null]);
  expect(program.stdout).toContain('- Integrity failures: 0.\n');
  const names = [...program.stdout.matchAll(/^\| (\S.*?) \| [\d.]+ → [\d.]+ \|/gm)].map(([, name]) => name);
  expect(names).toEqual([
    'echo',
    'echo, 2 workers',
    'daytime',
    'udp-daytime',
    'echo, probed',
    'daytime, probed',
    'udp-daytime, probed',
    'load-probe',
  ]);
});

it('should explain an invalid command line', async () => {
  await using program = new ShellProgram(withoutNpm('npm run soak -- --minutes forever'));
  expect(await program.exited).toEqual([2, null]);
  expect(program.stderr).toContain(
    'soak: --minutes "forever": must be a number from 0.1 to 100000, such as 60',
  );
});
