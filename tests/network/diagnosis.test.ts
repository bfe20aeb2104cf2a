import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { tableOf } from '../harness/markdown.ts';
import { skipFor } from '../harness/skip-for.ts';
import { FaultLab } from './fault-lab.ts';
import type { FaultName } from './faults.ts';
import { situations, tell } from './situations.ts';
import { startPrograms } from './target-programs.ts';

/** Those that take a few seconds. Situations with the same fault are explained beside each other. */
const brief: Partial<Record<FaultName, readonly string[]>> = {
  none: ['closed TCP port', 'closed UDP port', 'no host, UDP', 'closed after accept'],
  'forbidden UDP port': ['forbidden UDP'],
  'no way on': ['no route, UDP', 'no route, TCP'],
};

describe('explain in the fault lab', skipFor(FaultLab.problem()), () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = new FaultLab();
    await lab.startEcho();
    await startPrograms(lab);
  });
  afterAll(() => lab[Symbol.dispose]());

  it.each(Object.entries(brief))('should name what is wrong: %s', async (_, names) => {
    const tried = situations.filter(({ name }) => names.includes(name));
    expect(tried.length).toBe(names.length);
    lab.break(tried[0]!.fault);
    await Promise.all(
      tried.map(async (situation) => {
        const causes: string[] = [];
        await eventually(async () => {
          const { cause, sentence } = await tell(lab, situation);
          causes.push(cause);
          expect(cause, sentence).toBe(situation.cause);
        });
        // A machine that is too busy to probe is a cause of its own, and true; then it is tried again.
        const others = ['unknown', 'prober_starved'];
        expect([situation.cause, ...others]).toEqual(expect.arrayContaining(causes));
      }),
    );
  });
});

it('should have each situation in the matrix of the documentation', () => {
  const rows = tableOf('docs/diagnosis.md', 'How often it is right').map(([name]) => name);
  expect(rows).toEqual(situations.map(({ name }) => name));
});
