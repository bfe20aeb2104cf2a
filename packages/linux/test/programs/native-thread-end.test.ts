import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { NODE } from '../../../../tests/harness/main-module.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/busy-compiler.ts', import.meta.url));
/** Has what V8 compiles beside the thread take so much longer, if anything is. Milliseconds. */
const SLOWLY = '--concurrent-recompilation-delay=12';
/** Where it goes wrong, each does in five of six runs. */
const RUNS = 3;

it('should not crash the process when threads end while their native calls are compiled', async () => {
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
