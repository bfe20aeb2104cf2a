import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { createPath, type NetworkPath, SERVER } from './network-path.ts';

const PORT = 7862;
/** Many flows with few samples each: the replies of all fit into the buffers of their sockets, however late the prober is. */
const MANY = { flows: 40, samples: 250, ratePerS: 50 } as const;
const ONE = { flows: 1, samples: 400, ratePerS: 100 } as const;
/** Of nft(8): one packet of ten, by chance. */
const SOME = 'numgen random mod 10 0 drop';
const FORWARD = `ip daddr ${SERVER} udp dport ${PORT} ${SOME}`;
const RETURN = `ip saddr ${SERVER} udp sport ${PORT} ${SOME}`;
const TENTH = 0.1;

type Lost = Readonly<Record<'forward' | 'return' | 'unknown', number>> & {
  readonly intervals: Readonly<Record<'forward' | 'return', { readonly low: number; readonly high: number }>>;
};

describe('a router that drops packets of STAMP', skipFor(Namespace.problem()), () => {
  let path: NetworkPath;
  beforeAll(async () => {
    path = createPath({ serverMtu: 1_500 });
    // All samples have one source: its rate would be a loss on the way there.
    await path.startReflector(PORT, SERVER, '--rate-per-source', '0');
  });
  afterAll(() => path[Symbol.dispose]());

  /** @param rules of nft(8) for the router @returns the losses of each flow */
  async function check({ flows, ratePerS, samples }: typeof MANY | typeof ONE, ...rules: readonly string[]) {
    path.filter('flush chain ip path forward');
    for (const rule of rules) path.filter(`add rule ip path forward ${rule}`);
    const { stdout, stderr } = await path.run([
      ...[
        'check',
        '--json',
        '--count',
        `${samples}`,
        '--rate',
        `${ratePerS}`,
        '--flow',
        'sticky',
        '--size',
        '64',
      ],
      ...Array.from({ length: flows }, (_, flow) => `stamp+udp://${SERVER}:${PORT}?name=flow-${flow}`),
    ]);
    if (stdout === '') throw new Error(stderr);
    const { targets } = JSON.parse(stdout);
    expect(targets).toHaveLength(flows);
    for (const target of targets) {
      const { lost, outcomes } = target;
      expect(target.samples).toBe(samples);
      expect(lost.forward + lost.return + lost.unknown).toBe(outcomes.lost);
      expect(lost.unknown).toBeGreaterThanOrEqual(0);
    }
    return targets.map(({ lost }: { readonly lost: Lost }) => lost) as readonly Lost[];
  }

  it.each([
    ['there', FORWARD, 'forward', 'return'],
    ['back', RETURN, 'return', 'forward'],
  ] as const)('should be found on the way %s alone, over 10,000 samples', async (_, rule, lossy, whole) => {
    const flows = await check(MANY, rule);
    expect(flows.map((lost) => lost[whole])).toEqual(flows.map(() => 0));
    expect(flows.some((lost) => lost[lossy] > 0)).toBe(true);
  });

  it('should be found on both ways, with intervals that hold what the router dropped', async () => {
    // Not by chance, which would leave an interval now and then.
    const rules = [FORWARD, RETURN].map((rule) => rule.replace('random', 'inc'));
    const [lost] = await check(ONE, ...rules);
    for (const direction of ['forward', 'return'] as const) {
      expect(lost![direction]).toBeGreaterThan(0);
      const { low, high } = lost!.intervals[direction];
      expect(low).toBeLessThan(TENTH);
      expect(high).toBeGreaterThan(TENTH);
      expect(high - low).toBeLessThan(2 * TENTH);
    }
  });
});
