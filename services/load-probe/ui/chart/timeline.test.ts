import { describe, expect, it } from 'vitest';
import type { SamplePoint } from '../../src/monitor/status/types.ts';
import type { Outcome } from '../../src/sampling/outcome.ts';
import { describe as inWords } from './outcome-strip.ts';
import { type Span, spanAt, Timeline } from './timeline.ts';

/** A round moment: a multiple of every cell length. */
const T0 = 1_800_000_000;

const minute: Span = { from: T0, to: T0 + 60, cellSeconds: 10 };

function sample(second: number, outcome: Outcome = 'ok', rttMs: number | null = 1): SamplePoint {
  return { at: (T0 + second) * 1_000, outcome, rttMs: outcome === 'ok' || outcome === 'late' ? rttMs : null };
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
  it('should go on from where the clock was put back to', () => {
    const timeline = new Timeline();
    // A slot holds the seconds that are ten minutes apart.
    timeline.add([sample(20, 'ok'), sample(610, 'ok'), sample(3_600 + 20, 'ok')]);
    timeline.forgetAfter((T0 + 15) * 1_000 + 999);
    timeline.add([sample(15, 'lost'), sample(20, 'lost'), sample(10, 'lost')]);
    timeline.forgetAfter((T0 + 20) * 1_000);
    expect(inWords(timeline.cells(minute))).toBe('Last 1 min: 3 samples, 3 lost');
  });

  it('should count samples in their cells, whatever order they come in', () => {
    const timeline = new Timeline();
    timeline.add([sample(12), sample(11), sample(10, 'lost'), sample(59)]);
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
    timeline.add([sample(1, 'lost'), sample(2, 'refused'), sample(3, 'refused'), sample(4, 'prober_late')]);
    timeline.add([sample(11), sample(12, 'prober_late')]);
    const [first, second] = timeline.cells(minute);
    expect(first).toMatchObject({ outcome: 'refused', failed: 3, total: 4 });
    expect(second).toMatchObject({ outcome: 'prober_late', failed: 0, total: 2 });
  });

  it('should tell the percentiles of each cell, none where no answer came or the probe was late', () => {
    const timeline = new Timeline();
    for (let ms = 1; ms <= 20; ms += 1) timeline.add([sample(ms / 10, 'ok', 21 - ms)]);
    timeline.add([sample(2.5, 'lost'), sample(11, 'lost'), { ...sample(21, 'prober_late'), rttMs: 800 }]);
    const [first, second, third] = timeline.cells(minute);
    expect(first).toMatchObject({ p50Ms: 10, p90Ms: 18, p99Ms: 20, maxMs: 20, total: 21 });
    expect(second).toMatchObject({ p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null, failed: 1 });
    expect(third).toMatchObject({ p50Ms: null, maxMs: null, failed: 0, total: 1 });
  });

  it('should keep a fair sample of a busy second, and its slowest answer always', () => {
    const timeline = new Timeline();
    const busy = Array.from({ length: 10_000 }, (_, index) => sample(1, 'ok', 1 + index / 10_000));
    timeline.add([sample(1, 'ok', 50), ...busy]);
    const [cell] = timeline.cells(minute);
    expect(cell).toMatchObject({ total: 10_001, maxMs: 50 });
    // Of 32 samples out of 10,000 the median is off by more than a third of the range once in 10,000 runs.
    expect(cell!.p50Ms).toBeGreaterThan(1.16);
    expect(cell!.p50Ms).toBeLessThan(1.84);
  });

  it('should keep ten minutes and no more', () => {
    const timeline = new Timeline();
    for (let second = 0; second < 1_000; second += 1) timeline.add([sample(second)]);
    const all: Span = { from: T0, to: T0 + 1_000, cellSeconds: 1 };
    const kept = () => timeline.cells(all).filter(({ total }) => total > 0);
    expect(kept()).toHaveLength(600);
    expect(kept()[0]!.from).toBe(T0 + 400);
    timeline.add([sample(5)]);
    expect(kept()[0]!.from).toBe(T0 + 400);
  });

  it('should count nothing twice when the probe tells its history again', () => {
    const timeline = new Timeline();
    timeline.add([sample(1), sample(2), sample(3)]);
    timeline.replace([sample(2), sample(3, 'lost'), sample(4)]);
    expect(inWords(timeline.cells(minute))).toBe('Last 1 min: 4 samples, 3 ok, 1 lost');
    timeline.replace([]);
    expect(inWords(timeline.cells(minute))).toBe('Last 1 min: 4 samples, 3 ok, 1 lost');
  });

  it('should forget what was before a restart', () => {
    const timeline = new Timeline();
    timeline.add([sample(1), sample(2), sample(3)]);
    timeline.forgetBefore((T0 + 3) * 1_000);
    expect(
      timeline.cells({ ...minute, cellSeconds: 1 }).flatMap((c) => (c.total > 0 ? [c.from] : [])),
    ).toEqual([T0 + 3]);
  });
});
