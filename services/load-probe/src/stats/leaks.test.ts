import { expect, it } from 'vitest';
import { type BlockedSample, Leaks } from './leaks.ts';

function leaksOf(...samples: readonly (readonly [BlockedSample['outcome'], number, number?])[]) {
  const leaks = new Leaks();
  for (const [outcome, at, afterMs] of samples) leaks.add({ at, outcome, seen: { afterMs } });
  return leaks.list;
}

it('should tell when samples got through, between the nearest that were blocked', () => {
  const samples = [
    ...[['blocked', 100] as const, ['leaked', 200, 2] as const, ['untested', 300] as const],
    ...[['leaked', 400, 2] as const, ['prober_late', 500] as const, ['blocked', 600] as const],
  ];
  const leak = { from: 202, to: 402, notBefore: 100, notAfter: 600, uncertaintyMs: 198, samples: 2 };
  expect(leaksOf(...samples)).toEqual([leak]);
  expect(leaksOf(...samples, ['leaked', 700])).toEqual([
    leak,
    { from: 700, to: 700, notBefore: 600, notAfter: null, uncertaintyMs: null, samples: 1 },
  ]);
});

it('should not know how early a leak began that was there from the start', () => {
  expect(leaksOf(['leaked', 100], ['blocked', 200])).toEqual([
    { from: 100, to: 100, notBefore: null, notAfter: 200, uncertaintyMs: null, samples: 1 },
  ]);
});

it('should begin where the first answer came, of requests that were sent again as well', () => {
  // The first SYN of the first one was dropped; the second sample was blocked before the leak.
  expect(leaksOf(['leaked', 100, 1_000], ['blocked', 200], ['leaked', 1_050, 1], ['blocked', 1_200])).toEqual(
    [{ from: 1_051, to: 1_100, notBefore: 200, notAfter: 1_200, uncertaintyMs: 851, samples: 2 }],
  );
});

it('should keep the newest ones', () => {
  const leaks = new Leaks();
  for (let at = 0; at < 300; at += 1) leaks.add({ at, outcome: at % 2 === 0 ? 'leaked' : 'blocked' });
  expect(leaks.list).toHaveLength(100);
  expect(leaks.list.at(-1)).toMatchObject({ from: 298, notAfter: 299 });
});
