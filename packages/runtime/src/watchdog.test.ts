import type { ThreadTime } from '@echo-daytime/linux/thread-time';
import { CounterBlock } from '@echo-daytime/worker';
import { describe, expect, it } from 'vitest';
import { type Heart, newHeart, Watchdog } from './watchdog.ts';

const watchdog = new Watchdog(() => {});

/** A heart that beat once; `thread` may be changed. */
function heartOf(thread: { time: ThreadTime | undefined }): Heart {
  const { heartbeat } = new CounterBlock(new SharedArrayBuffer(64));
  heartbeat.set(1);
  const heart = newHeart(heartbeat, () => thread.time);
  watchdog.check(heart);
  return heart;
}

function conditions(heart: Heart, checks: number, before: () => void = () => {}): string[] {
  return Array.from({ length: checks }, () => {
    before();
    return watchdog.check(heart);
  });
}

describe('Watchdog', () => {
  it.each([
    ['that sleeps', { isRunnable: false, ranS: 7 }, 0],
    ['that runs on and on', { isRunnable: true, ranS: 7 }, 1],
    ['that runs on and on, with a fifth of a core', { isRunnable: true, ranS: 7 }, 0.2],
    ['of which the system tells nothing', undefined, 0],
  ])('should end a worker %s', (_, time, ranS) => {
    const thread = { time };
    const run = (): void => {
      if (thread.time) thread.time = { ...thread.time, ranS: thread.time.ranS + ranS };
    };
    const found = conditions(heartOf(thread), 15, run);
    expect(found).toEqual([
      ...Array<string>(9).fill('beating'),
      ...Array<string>(5).fill('hung'),
      'unkillable',
    ]);
  });

  it('should not end a worker that waits for a core', () => {
    const thread = { time: { isRunnable: true, ranS: 0 } };
    const heart = heartOf(thread);
    const run = (): void => {
      thread.time = { isRunnable: true, ranS: thread.time.ranS + 0.001 };
    };
    // Its turns of 20 ms take 20 s each.
    for (let turn = 1; turn < 10; turn += 1) {
      expect(new Set(conditions(heart, 20, run))).toEqual(new Set(['beating']));
      heart.heartbeat.set(1 + turn);
    }
  });
});
