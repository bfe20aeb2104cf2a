import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targetOf } from '../../test/take-samples.ts';
import { allHeld, judge, type Limit, percentKey, successKey } from '../cli/gates.ts';
import type { Outcome } from '../sampling/outcome.ts';
import { Tally } from './tally.ts';

function tallyOf(counts: Partial<Record<Outcome, number>>): Tally {
  const tally = new Tally(targetOf('echo+udp://192.0.2.7:7'), 0);
  for (const [outcome, count] of Object.entries(counts)) {
    for (let sequence = 0; sequence < count; sequence += 1) {
      const rest = { at: 0, detail: '', rttMs: undefined, lagMs: 0, phases: {} };
      tally.sample({ sequence, outcome: outcome as Outcome, ...rest });
    }
  }
  return tally;
}

function holds({ evidence, measures }: Tally, limit: Limit): boolean {
  return allHeld([judge(limit, [{ id: 'lb', measures, evidence }], 0.5)]);
}

function holdsSuccess(tally: Tally, text: string): boolean {
  const limit = { ...successKey('').parse(text), text };
  return holds(tally, limit);
}

function holdsLoss(tally: Tally, text: string): boolean {
  const limit = { kind: 'max-loss', limit: percentKey('0%', '').parse(text), text } as const;
  return holds(tally, limit);
}

/** `1234` hundredths of a percent: `12.34%` */
function percentText(amount: number, decimals: number): string {
  const digits = String(amount).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? `${whole}%` : `${whole}.${digits.slice(-decimals)}%`;
}

describe('the shares of a tally', () => {
  it.each([
    [1, 10, '10%'],
    [93, 100, '93%'],
    [7, 1_000, '0.7%'],
    [7, 500, '1.4%'],
  ])('should hold at exactly their limit: %d of %d at %s', (some, all, text) => {
    expect(holdsSuccess(tallyOf({ ok: some, lost: all - some }), text)).toBe(true);
    expect(holdsLoss(tallyOf({ ok: all - some, lost: some }), text)).toBe(true);
  });

  it('should hold exactly as the counts say, for every share of up to 125 samples', () => {
    // For every k of n: the limit that is exactly k / n, and the nearest limits with two decimals around it.
    for (let all = 1; all <= 125; all += 1) {
      const tally = tallyOf({ ok: all });
      for (let ok = 0; ok <= all; ok += 1) {
        Object.assign(tally.outcomes, { ok, lost: all - ok });
        const nearest = Math.round((ok * 10_000) / all);
        for (const amount of [nearest - 1, nearest, nearest + 1]) {
          if (amount < 0 || amount > 10_000) continue;
          const text = percentText(amount, 2);
          expect(holdsSuccess(tally, text), `${ok} of ${all} ok, ${text}`).toBe(ok * 10_000 >= amount * all);
          expect(holdsLoss(tally, text), `${all - ok} of ${all} lost, ${text}`).toBe(
            (all - ok) * 10_000 <= amount * all,
          );
        }
      }
    }
  });

  it('should hold as the counts say, with many samples and more decimals', () => {
    const cases = fc
      .record({ all: fc.integer({ min: 1, max: 10_000_000 }), decimals: fc.integer({ min: 0, max: 4 }) })
      .chain(({ all, decimals }) =>
        fc.record({
          all: fc.constant(all),
          decimals: fc.constant(decimals),
          some: fc.integer({ min: 0, max: all }),
          near: fc.integer({ min: -1, max: 1 }),
        }),
      );
    const tally = new Tally(targetOf('echo+udp://192.0.2.7:7'), 0);
    fc.assert(
      fc.property(cases, ({ all, decimals, near, some }) => {
        const scale = 100 * 10 ** decimals;
        const amount = Math.min(scale, Math.max(0, Math.round((some / all) * scale) + near));
        const text = percentText(amount, decimals);
        tally.samples = all;
        const [part, limit] = [BigInt(some) * BigInt(scale), BigInt(amount) * BigInt(all)];
        Object.assign(tally.outcomes, { ok: some, lost: all - some });
        expect(holdsSuccess(tally, text), 'success').toBe(part >= limit);
        Object.assign(tally.outcomes, { ok: all - some, lost: some });
        expect(holdsLoss(tally, text), 'loss').toBe(part <= limit);
      }),
      { numRuns: 2_000 },
    );
  });

  it('should leave out what the prober itself delayed, and be unknown where nothing else is', () => {
    expect(tallyOf({ ok: 9, lost: 1, prober_late: 10 }).measures).toMatchObject({
      'max-loss': 0.1,
      'min-success': 0.9,
      'min-success-count': 9,
    });
    const late = tallyOf({ prober_late: 3 });
    expect(late.measures).toMatchObject({ 'max-loss': undefined, 'min-success': undefined });
    expect([holdsSuccess(late, '0%'), holdsLoss(late, '100%')]).toEqual([false, false]);
  });
});
