import { describe, expect, it } from 'vitest';
import { ClosedPacer, OpenPacer } from './pacer.ts';
import { messagesOf, shareOf } from './plan.ts';

describe('OpenPacer', () => {
  it('should give each message its due time, whenever it is taken', () => {
    const pacer = new OpenPacer({ startMs: 1_000, intervalMs: 10, count: 3 });
    expect(pacer.take()).toBeNaN();
    for (let due = 0; due < 3; due += 1) pacer.advance();
    expect([pacer.take(), pacer.take(), pacer.isOver, pacer.take(), pacer.take()]).toEqual([
      1_000,
      1_010,
      false,
      1_020,
      Number.NaN,
    ]);
    expect(pacer.isOver).toBe(true);
  });

  it('should count every message as due once it is closed, issued or not', () => {
    const pacer = new OpenPacer({ startMs: 0, intervalMs: 1, count: 10 });
    pacer.advance();
    pacer.advance();
    pacer.take();
    pacer.close();
    pacer.advance();
    expect([pacer.take(), pacer.due, pacer.isOver]).toEqual([Number.NaN, 10, true]);
  });
});

describe('ClosedPacer', () => {
  it('should have a message due at any time, until it is closed', () => {
    const pacer = new ClosedPacer();
    expect([pacer.take(5), pacer.take(6), pacer.due, pacer.isOver]).toEqual([5, 6, 2, false]);
    pacer.close();
    expect([pacer.take(7), pacer.due, pacer.isOver]).toEqual([Number.NaN, 2, true]);
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
