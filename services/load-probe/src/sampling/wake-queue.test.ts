import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ManualClock } from '../../test/commands/manual-clock.ts';
import { WakeQueue } from './wake-queue.ts';

it('should wake each at its time, in the order of their times, and none that was cancelled', () => {
  const wakes = fc.array(fc.record({ due: fc.integer({ min: 0, max: 50 }), isCancelled: fc.boolean() }));
  fc.assert(
    fc.property(wakes, (all) => {
      const clock = new ManualClock();
      const queue = new WakeQueue(clock);
      const woken: { due: number; at: number }[] = [];
      for (const { due, isCancelled } of all) {
        const cancel = queue.wakeAt(due, () => void woken.push({ due, at: clock.now() }));
        if (isCancelled) cancel();
      }
      clock.run(50);
      const dues = all.filter(({ isCancelled }) => !isCancelled).map(({ due }) => due);
      const expected = dues.toSorted((one, other) => one - other).map((due) => ({ due, at: due }));
      expect(woken).toEqual(expected);
      expect(clock.waiting).toBe(0);
    }),
  );
});

it('should have one wake of the clock, for the next of its own', () => {
  const clock = new ManualClock();
  const queue = new WakeQueue(clock);
  const woken: string[] = [];
  queue.wakeAt(20, () => void woken.push('later'));
  queue.wakeAt(10, () => void woken.push('sooner'));
  expect(clock.waiting).toBe(1);
  clock.run(10);
  expect(woken).toEqual(['sooner']);
  expect(clock.waiting).toBe(1);
});

it('should leave what a wake adds to a later turn, also where it is due', () => {
  const clock = new ManualClock();
  const queue = new WakeQueue(clock);
  let turns = 0;
  const again = (): void => {
    turns += 1;
    queue.wakeAt(0, again);
  };
  queue.wakeAt(0, again);
  for (const expected of [1, 2, 3]) {
    clock.turn();
    expect(turns).toBe(expected);
  }
});

it('should not wake one that an earlier wake of the same turn cancels', () => {
  const clock = new ManualClock();
  const queue = new WakeQueue(clock);
  queue.wakeAt(1, () => cancel());
  const cancel = queue.wakeAt(2, () => expect.fail('it was cancelled'));
  clock.skip(5);
  clock.turn();
  expect(clock.waiting).toBe(0);
});
