import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { skipFor } from '../../tests/harness/skip-for.ts';
import { CpuQuota, quotaProblem } from './cpu-quota.ts';

it(
  'should limit a command and its children, and leave no process behind',
  skipFor(quotaProblem()),
  async () => {
    const quota = new CpuQuota(50);
    const [program, ...words] = [
      ...quota.launcher,
      'sh',
      '-c',
      '(cat /proc/self/cgroup; exec sleep 1000) & wait',
    ];
    const child = spawn(program!, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    let line: string | undefined;
    do line = (await lines.next()).value;
    while (!line!.endsWith(`/${basename(quota.group)}`));
    // Closes only when the last process that holds it has ended.
    const closed = once(child, 'close');
    await quota[Symbol.asyncDispose]();
    expect(await closed).toEqual([null, 'SIGKILL']);
    expect(existsSync(quota.group)).toBe(false);
  },
);

it('should end the busy loops with the program that started them, even when it is killed', async () => {
  const module = new URL('busy-loops.ts', import.meta.url).href;
  const source = `import { BusyLoops } from '${module}'; new BusyLoops(2); process.kill(process.pid, 'SIGKILL')`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.resume();
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
});
