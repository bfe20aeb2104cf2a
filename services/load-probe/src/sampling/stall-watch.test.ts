import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/commands/manual-clock.ts';
import { isTainted } from './self-trust.ts';
import { StallWatch } from './stall-watch.ts';

describe('StallWatch', () => {
  let watch: StallWatch;
  afterEach(() => watch.close());

  function tickAt(clock: ManualClock, ...times: number[]): void {
    for (const time of times) {
      clock.jump(time);
      watch.tick();
    }
  }

  it('should see no stall in ticks that are a little late', () => {
    const clock = new ManualClock();
    watch = new StallWatch(clock);
    tickAt(clock, 20, 45, 72, 99);
    expect(watch.longestSince(0)).toBe(0);
  });

  it('should give the longest stall, not the sum of all', () => {
    const clock = new ManualClock();
    watch = new StallWatch(clock);
    tickAt(clock, 20, 100, 120, 300, 320);
    expect(watch.longestSince(0)).toBe(160);
    expect(watch.longestSince(310)).toBe(0);
  });

  it('should count only the part of a stall after the given time', () => {
    const clock = new ManualClock();
    watch = new StallWatch(clock);
    tickAt(clock, 20, 300);
    expect(watch.longestSince(250)).toBe(50);
  });

  it('should count a stall before the tick that records it', () => {
    const clock = new ManualClock();
    watch = new StallWatch(clock);
    clock.jump(520);
    expect(watch.longestSince(0)).toBe(500);
  });
});

describe('isTainted', () => {
  it('should not trust a reply that came during a stall of more than 50 ms', () => {
    expect(isTainted('ok', 51, 100)).toBe(true);
    expect(isTainted('late', 51, 10_000)).toBe(true);
    expect(isTainted('ok', 50, 100)).toBe(false);
  });

  it('should not trust a silence when the prober was stalled for a quarter of it', () => {
    expect(isTainted('read_timeout', 501, 2_000)).toBe(true);
    expect(isTainted('lost', 499, 2_000)).toBe(false);
    expect(isTainted('lost', 49, 100)).toBe(false);
  });

  it('should trust outcomes that do not depend on timing', () => {
    for (const outcome of ['refused', 'reset', 'corrupt', 'truncated', 'malformed', 'closed'] as const) {
      expect(isTainted(outcome, 10_000, 10_000)).toBe(false);
    }
  });
});
