import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/commands/manual-clock.ts';
import { Schedule } from './schedule.ts';

function scheduleOn(clock: ManualClock, count = Number.POSITIVE_INFINITY) {
  const issued: { sequence: number; dueMs: number; at: number }[] = [];
  let ends = 0;
  const schedule = new Schedule({
    clock,
    startMs: 50,
    intervalMs: 100,
    count,
    issue: (sequence, dueMs) => issued.push({ sequence, dueMs, at: clock.now() }),
    ended: () => {
      ends += 1;
    },
  });
  return { schedule, issued, ends: () => ends };
}

describe('Schedule', () => {
  it('should make sample n due at start + n × interval', () => {
    const clock = new ManualClock();
    const { issued } = scheduleOn(clock);
    clock.run(250);
    expect(issued).toEqual([
      { sequence: 0, dueMs: 50, at: 50 },
      { sequence: 1, dueMs: 150, at: 150 },
      { sequence: 2, dueMs: 250, at: 250 },
    ]);
  });

  it('should issue every sample that is due when a timer is late, each with its own due time', () => {
    const clock = new ManualClock();
    const { issued } = scheduleOn(clock);
    clock.run(60);
    clock.jump(385);
    expect(issued.slice(1)).toEqual([
      { sequence: 1, dueMs: 150, at: 385 },
      { sequence: 2, dueMs: 250, at: 385 },
      { sequence: 3, dueMs: 350, at: 385 },
    ]);
    // The due times of later samples do not change.
    clock.run(460);
    expect(issued.at(-1)).toEqual({ sequence: 4, dueMs: 450, at: 450 });
  });

  it('should catch up after hours in portions, with turns of the event loop between them', () => {
    const clock = new ManualClock();
    const { issued } = scheduleOn(clock);
    const HOURS_MS = 36_000_000;
    const MOST_AT_ONCE = 1_000;
    clock.skip(HOURS_MS);
    let turns = 0;
    for (let before = -1; issued.length > before; turns += 1) {
      before = issued.length;
      clock.turn();
      expect(issued.length - before).toBeLessThanOrEqual(MOST_AT_ONCE);
    }
    // Each is issued with its own due time, and the due times of later samples do not change.
    expect(turns).toBeGreaterThanOrEqual(HOURS_MS / 100 / MOST_AT_ONCE);
    expect(issued).toHaveLength(HOURS_MS / 100);
    for (const [index, { sequence, dueMs }] of issued.entries()) {
      if (sequence !== index || dueMs !== 50 + index * 100) expect.fail(`sample ${index} is ${sequence}`);
    }
    clock.run(HOURS_MS + 50);
    expect(issued.at(-1)).toEqual({ sequence: 360_000, dueMs: HOURS_MS + 50, at: HOURS_MS + 50 });
  });

  it('should issue no more samples when stopped while it catches up', () => {
    const clock = new ManualClock();
    const { schedule, issued, ends } = scheduleOn(clock);
    clock.skip(36_000_000);
    clock.turn();
    const before = issued.length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(360_000);
    schedule.stop();
    clock.run(36_000_100);
    expect(issued).toHaveLength(before);
    expect([ends(), clock.waiting]).toEqual([1, 0]);
  });

  it('should not drift when every timer is late', () => {
    const clock = new ManualClock();
    const { issued } = scheduleOn(clock);
    for (let n = 0; n < 1000; n += 1) clock.jump(50 + n * 100 + 7);
    expect(issued).toHaveLength(1000);
    expect(issued.at(-1)).toEqual({ sequence: 999, dueMs: 99_950, at: 99_957 });
  });

  it('should end after the last sample', () => {
    const clock = new ManualClock();
    const { issued, ends } = scheduleOn(clock, 3);
    clock.jump(10_000);
    expect(issued.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(ends()).toBe(1);
    expect(clock.waiting).toBe(0);
  });

  it('should end once when stopped, and issue no more', () => {
    const clock = new ManualClock();
    const { schedule, issued, ends } = scheduleOn(clock);
    clock.run(160);
    schedule.stop();
    schedule.stop();
    clock.run(1_000);
    expect(issued).toHaveLength(2);
    expect(ends()).toBe(1);
    expect(clock.waiting).toBe(0);
  });
});
