import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/sampling/outcome.ts';
import type { Bucket } from '../../src/stats/history.ts';
import { bucketOf } from '../../test/page/targets.ts';
import { describe as inWords } from './cell-words.ts';
import { type Span, spanAt, Timeline } from './timeline.ts';

/** A round moment: a multiple of every cell length. */
const T0 = 1_800_000_000;

const minute: Span = { from: T0, to: T0 + 60, cellSeconds: 10 };

/** A second with samples of one outcome and one round-trip time. */
function second(at: number, outcome: Outcome = 'ok', rttsMs: readonly number[] = [1]): Bucket {
  return bucketOf(
    (T0 + at) * 1_000,
    rttsMs.map((rttMs) => ({ outcome, rttMs: outcome === 'ok' ? rttMs : null })),
  );
}

describe('spanAt', () => {
  const now = (T0 + 5) * 1_000;

  it.each([
    [10, 60, 1],
    [61, 120, 2],
    [299, 300, 5],
    [86_400, 600, 10],
  ])(
    'should show a probe that is %s s old over %s s in cells of %s s',
    (ageSeconds, seconds, cellSeconds) => {
      const span = spanAt(now, now - ageSeconds * 1_000, 1_000);
      expect([span.to - span.from, span.cellSeconds]).toEqual([seconds, cellSeconds]);
    },
  );

  it('should make cells long enough for one sample each', () => {
    expect(spanAt(now, now - 86_400_000, 30_000).cellSeconds).toBe(30);
    expect(spanAt(now, now - 86_400_000, 45_000).cellSeconds).toBe(50);
    expect(spanAt(now, now - 86_400_000, 3_600_000).cellSeconds).toBe(600);
  });

  it('should end with the cell that is being filled', () => {
    const span = spanAt(now, now - 86_400_000, 1_000);
    expect(span.to).toBe(T0 + 10);
    expect(span.to % span.cellSeconds).toBe(0);
  });
});

describe('Timeline', () => {
  it('should put the seconds into their cells, whatever order they come in', () => {
    const timeline = new Timeline();
    timeline.put([second(12), second(11), second(10, 'lost'), second(59)]);
    const cells = timeline.cells(minute);
    expect(cells.map(({ total, failed, outcome }) => [total, failed, outcome])).toEqual([
      [0, 0, null],
      [3, 1, 'lost'],
      [0, 0, null],
      [0, 0, null],
      [0, 0, null],
      [1, 0, 'ok'],
    ]);
    expect(inWords(cells)).toBe('Last 1 min: 4 samples, 3 ok, 1 lost');
  });

  it('should show the commonest failure, and a late probe only where nothing failed', () => {
    const timeline = new Timeline();
    timeline.put([second(1, 'lost'), second(2, 'refused'), second(3, 'refused'), second(4, 'prober_late')]);
    timeline.put([second(11), second(12, 'prober_late')]);
    const [first, next] = timeline.cells(minute);
    expect(first).toMatchObject({ outcome: 'refused', failed: 3, total: 4 });
    expect(next).toMatchObject({ outcome: 'prober_late', failed: 0, total: 2 });
  });

  it('should have the percentiles of all seconds of a cell, none where no answer came', () => {
    const timeline = new Timeline();
    for (let n = 0; n < 10; n += 1) timeline.put([second(n, 'ok', [20 - n, 10 - n])]);
    timeline.put([second(11, 'lost')]);
    const [answered, silent] = timeline.cells(minute);
    expect(answered).toMatchObject({ p50Ms: 10, p90Ms: 18, p99Ms: 20, maxMs: 20, total: 20 });
    expect(silent).toMatchObject({ p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null, failed: 1 });
  });

  it('should never show a percentile that is too low, and the slowest answer as it is', () => {
    const rtts = fc.array(fc.double({ min: 0.01, max: 5_000, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.array(rtts, { minLength: 1, maxLength: 10 }), (seconds) => {
        const timeline = new Timeline();
        timeline.put(seconds.map((rttsMs, at) => second(at, 'ok', rttsMs)));
        const [cell] = timeline.cells(minute);
        const exact = bucketOf(
          0,
          seconds.flat().map((rttMs) => ({ outcome: 'ok', rttMs })),
        );
        expect(cell!.maxMs).toBe(exact.maxMs);
        for (const name of ['p50Ms', 'p90Ms', 'p99Ms'] as const) {
          expect(cell![name]).toBeGreaterThanOrEqual(exact[name]!);
        }
      }),
    );
  });

  it('should keep ten minutes and no more', () => {
    const timeline = new Timeline();
    for (let at = 0; at < 1_000; at += 1) timeline.put([second(at)]);
    const cells = timeline.cells({ from: T0, to: T0 + 1_000, cellSeconds: 1 });
    expect(cells.flatMap(({ total, from }) => (total > 0 ? from - T0 : []))).toEqual(
      Array.from({ length: 600 }, (_, n) => 400 + n),
    );
  });

  it('should take the newest of a second, and make no other cell anew', () => {
    const timeline = new Timeline();
    timeline.put([second(1), second(12), second(13)]);
    const before = timeline.cells(minute);
    timeline.put([second(13, 'lost', [1, 1])]);
    const after = timeline.cells(minute);
    expect(inWords(after)).toBe('Last 1 min: 4 samples, 2 ok, 2 lost');
    expect(after.map((cell, index) => cell === before[index])).toEqual([true, false, true, true, true, true]);
    expect(timeline.cells({ ...minute, cellSeconds: 30 })).toHaveLength(2);
  });

  it('should go on from where the clock was put back to', () => {
    const timeline = new Timeline();
    timeline.put([second(10), second(20), second(30)]);
    timeline.cells(minute);
    timeline.forgetAfter((T0 + 15) * 1_000);
    expect(inWords(timeline.cells(minute))).toBe('Last 1 min: 1 sample, 1 ok');
  });
});
