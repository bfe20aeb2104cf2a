import { expect, it } from 'vitest';
import type { ScenarioResult } from '../scenario.ts';
import { bestLatency, type Round } from './latency.ts';

interface Seen {
  readonly quietMs?: number;
  readonly arrivalMs?: number;
  readonly besideMs?: number;
  readonly controlMs?: number;
  readonly late?: number;
  readonly broken?: readonly string[];
}

function round(seen: Seen): Round {
  const { quietMs = 1, arrivalMs = 10, besideMs = 1, controlMs = 1, late = 0, broken = [] } = seen;
  const account = (p99Ms: number) => ({
    ...{ samples: 100, late: 0, failures: [], p99Ms, rangeMs: [p99Ms, p99Ms] as const },
  });
  return {
    result: { load: 'an attack', lost: 'none', figures: {}, broken },
    latency: {
      quiet: account(quietMs),
      arrival: account(arrivalMs),
      beside: { ...account(besideMs), late },
      control: account(controlMs),
    },
  };
}

async function played(...rounds: readonly Seen[]): Promise<ScenarioResult & { readonly rounds: number }> {
  let next = 0;
  const result = await bestLatency(async () => round(rounds[next++]!));
  return { ...result, rounds: next };
}

it('should accept the first round that shows the promised latency', async () => {
  expect(await played({ besideMs: 9 }, { besideMs: 2 })).toMatchObject({ rounds: 2, broken: [] });
  expect(await played({ quietMs: 6, besideMs: 12 })).toMatchObject({ rounds: 1, broken: [] });
  expect(await played({ controlMs: 6, besideMs: 12 })).toMatchObject({ rounds: 1, broken: [] });
});

it.each([
  ['beside the attack', { besideMs: 2.1 }, /within 2\.0 ms beside the attack.* Seen: 2\.1 ms/],
  ['beside it on a slower machine', { quietMs: 6, besideMs: 12.1 }, /within 12\.0 ms/],
  ['and that of a service not attacked does not', { controlMs: 3, besideMs: 6.1 }, /within 6\.0 ms/],
  ['and no other service answers either', { controlMs: Number.NaN }, /within NaN ms/],
  [
    'while the attackers come',
    { arrivalMs: 101 },
    /within 100 ms while the attackers come.* Seen: 101\.0 ms/,
  ],
  ['without a single answer', { besideMs: Number.NaN }, /Seen: NaN ms/],
] as const)('should report broken latency when no round shows it: %s', async (_, seen, promise) => {
  const { rounds, broken } = await played(seen, seen, seen);
  expect(rounds).toBe(3);
  expect(broken).toEqual([expect.stringMatching(promise)]);
});

it('should report every other promise that was broken in any round', async () => {
  const lost = 'The well-behaved client must lose nothing.';
  const result = await played(
    { besideMs: 20, broken: [lost] },
    { besideMs: 20, broken: [lost, 'Another.'] },
    {},
  );
  expect(result.broken).toEqual([lost, 'Another.']);
});

it.each([
  ['is slow with nobody beside it', { quietMs: 21 }, /21\.0 ms with nobody beside it/],
  ['has no quiet answer', { quietMs: Number.NaN }, /NaN ms/],
  ['lets the neighbour be late itself', { late: 11 }, /late for 11 of 100/],
] as const)('should not judge latency on a machine that %s', async (_, seen, why) => {
  const result = await played(seen, seen, seen);
  expect(result).toMatchObject({ rounds: 3, broken: [], notJudged: [expect.stringMatching(why)] });
  expect(await played(seen, seen, {})).not.toHaveProperty('notJudged');
});
