import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { NODE } from '../../../../tests/harness/main-module.ts';

async function run(fixture: string, ...args: readonly string[]): Promise<object> {
  const [node, ...flags] = NODE;
  const program = fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url));
  const { stdout } = await promisify(execFile)(node, [...flags, '--expose-gc', program, ...args]);
  return JSON.parse(stdout);
}

it('should keep the bytes and close the descriptors of many flows while memory is collected', async () => {
  const flows = 2_000;
  expect(await run('many-datagrams.ts', String(flows))).toEqual({
    ...{ answered: (flows * 3) / 4, refused: flows / 4, wrong: 0 },
    ...{ left: 0, collects: true },
  });
});

it('should leave no descriptor open when threads end during their flows', async () => {
  expect(await run('ended-threads.ts')).toEqual({ left: 0 });
});
