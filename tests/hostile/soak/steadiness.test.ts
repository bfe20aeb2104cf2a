import { expect, it } from 'vitest';
import type { Sample } from './fleet.ts';
import { courseOf, gauges, leaksOf, undecidedOf } from './steadiness.ts';

const MIB = 1024 ** 2;
const MINUTES = 30;

/** Readings every 5 s: `held` in MiB, plus a sawtooth of 20 MiB. */
const member = (held: (hours: number) => number, minutes = MINUTES) => ({
  name: 'echo',
  samples: Array.from({ length: minutes * 12 }, (_, index): Sample => {
    const seconds = index * 5;
    return {
      seconds,
      rssBytes: (held(seconds / 3_600) + (seconds % 35) * 0.6) * MIB,
      heapBytes: 10 * MIB,
      descriptors: 40,
      handles: 5,
      cpuSeconds: 0,
      connections: 0,
    };
  }),
});

it('should not report a warm-up or a sawtooth as a leak', () => {
  expect(leaksOf(member((hours) => 90 + Math.min(hours, 0.08) * 200))).toEqual([]);
});

it('should find a leak below the sawtooth', () => {
  expect(leaksOf(member((hours) => 90 + 12 * hours))).toEqual([
    expect.stringMatching(/^echo: RSS, MiB rises by \d+\.\d to \d+\.\d an hour, more than 4$/),
  ]);
});

it('should report where the noise could hide a leak', () => {
  const steps = [0, 9, 2, 14, 5, 11];
  const restless = member((hours) => 90 + steps[Math.floor(hours * 60) % steps.length]!);
  expect(leaksOf(restless)).toEqual([]);
  expect(undecidedOf(restless)).toEqual([
    expect.stringMatching(/^echo: RSS, MiB may rise by more than 4 an hour: -\d+\.\d to \d+\.\d$/),
  ]);
  expect(undecidedOf(member(() => 90))).toEqual([]);
  expect(undecidedOf(member((hours) => 90 + 12 * hours))).toEqual([]);
});

it('should give start, end and slope of a gauge', () => {
  const { start, end, trend } = courseOf(
    member((hours) => 90 + 12 * hours),
    gauges.rss,
  );
  expect(start).toBeCloseTo(91.2, 0);
  expect(end).toBeCloseTo(95.6, 0);
  expect(trend?.perHour).toBeCloseTo(12, 0);
});

it('should not judge a short run', () => {
  const short = member((hours) => 90 + 1_000 * hours, 2);
  expect(courseOf(short, gauges.rss).trend).toBeUndefined();
  expect(leaksOf(short)).toEqual([]);
});
