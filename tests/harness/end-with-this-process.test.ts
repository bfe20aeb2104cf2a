import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';

/** A kill takes no time. A service whose log reader is gone would also end by itself, but only after a minute. */
const KILLED_MS = 30_000;

const moduleOf = (name: string): string => `import(${JSON.stringify(new URL(name, import.meta.url).href)})`;

it.each([
  ['a command', `new (await ${moduleOf('shell-program.ts')}).ShellProgram('exec sleep 1000')`],
  ['a service', `await (await ${moduleOf('service-process.ts')}).ServiceProcess.start('echo')`],
])('should end %s with a test process that is killed before it can clean up', async (_, start) => {
  const source = `const { child } = ${start}; console.log(child.pid); setInterval(() => {}, 1_000);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', source];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = await once(createInterface({ input: child.stdout }), 'line');
  child.kill();
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
  await eventually(() => expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH'), KILLED_MS);
});
