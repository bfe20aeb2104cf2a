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
  // 100,000 by `npm run test:flows`.
  const flows = Number(process.env.FLOWS ?? 2_000);
  expect(await run('many-datagrams.ts', String(flows))).toEqual({
    ...{ answered: (flows * 3) / 4, refused: flows / 4, wrong: 0 },
    ...{ left: 0, collects: true },
  });
});

it('should read TCP_INFO of the right one of many connections while memory is collected', async () => {
  const connections = 2_000;
  expect(await run('many-connections.ts', String(connections))).toEqual({
    ...{ right: 2 * connections, wrong: 0, left: 0, collects: true },
  });
});

it('should mark, and read the SYN of, the right one of many connections while memory is collected', async () => {
  const connections = 2_000;
  expect(await run('many-syns.ts', String(connections))).toEqual({
    ...{ right: connections, wrong: 0, left: 0, collects: true },
  });
});

it.each(['many-datagrams.ts', 'many-connections.ts'])(
  'should leave no descriptor open when threads end during their flows: %s',
  async (flows) => {
    expect(await run('ended-threads.ts', flows)).toEqual({ left: 0 });
  },
);
