import { describe, expect, it } from 'vitest';
import { ClosedPace, OpenPace } from './pacer.ts';
import { messagesOf, shareOf } from './plan.ts';

describe('OpenPace', () => {
  it('should keep the due times whenever messages are taken', () => {
    const pace = new OpenPace({ startMs: 1_000, intervalMs: 10, count: 3 });
    expect(pace.take()).toBeNaN();
    for (let due = 0; due < 3; due += 1) pace.advance();
    expect([pace.take(), pace.take(), pace.isOver, pace.take(), pace.take()]).toEqual([
      1_000,
      1_010,
      false,
      1_020,
      Number.NaN,
    ]);
    expect(pace.isOver).toBe(true);
  });

  it('should count every message as due once it is closed, issued or not', () => {
    const pace = new OpenPace({ startMs: 0, intervalMs: 1, count: 10 });
    pace.advance();
    pace.advance();
    pace.take();
    pace.close();
    pace.advance();
    expect([pace.take(), pace.due, pace.isOver]).toEqual([Number.NaN, 10, true]);
  });
});

describe('ClosedPace', () => {
  it('should have a message due at any time, until it is closed', () => {
    const pace = new ClosedPace();
    expect([pace.take(5), pace.take(6), pace.due, pace.isOver]).toEqual([5, 6, 2, false]);
    pace.close();
    expect([pace.take(7), pace.due, pace.isOver]).toEqual([Number.NaN, 2, true]);
  });
});

describe('shares', () => {
  it('should add up and differ by one at most', () => {
    expect([0, 1, 2].map((worker) => shareOf(10, worker, 3))).toEqual([4, 3, 3]);
    expect([0, 1].map((worker) => shareOf(1, worker, 2))).toEqual([1, 0]);
  });

  it('should have at least one message', () => {
    expect(messagesOf(0.5, 100)).toBe(1);
    expect(messagesOf(100, 2_500)).toBe(250);
  });
});
