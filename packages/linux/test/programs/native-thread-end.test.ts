import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { NODE } from '../../../../tests/harness/main-module.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/busy-compiler.ts', import.meta.url));
/** Makes concurrent compilation slower, so that a thread ends during it more often. Milliseconds. */
const SLOWLY = '--concurrent-recompilation-delay=12';
/** Without the flag, five of six runs crash. */
const RUNS = 3;

it('should not crash when a thread ends while V8 compiles its native calls', async () => {
  const ends = Array.from({ length: RUNS }, () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const [node, ...flags] = NODE;
    execFile(node, [...flags, SLOWLY, PROGRAM], (error, _stdout, stderr) => {
      resolve(error ? `${error.signal ?? error.code}: ${stderr.slice(0, 500)}` : 'well');
    });
    return promise;
  });
  expect(await Promise.all(ends)).toEqual(Array.from({ length: RUNS }, () => 'well'));
});
