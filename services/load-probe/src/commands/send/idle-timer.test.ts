import { expect, it } from 'vitest';
import { systemClock } from '../../sampling/clock.ts';
import { IdleTimer } from './idle-timer.ts';

const NEVER_EXPIRES_IN_A_TEST_MS = 600_000;

it.each([NEVER_EXPIRES_IN_A_TEST_MS, 0])(
  'should be running from a start to a stop with a length of %i ms',
  (lengthMs) => {
    const timer = new IdleTimer(systemClock, lengthMs, () => {});
    expect(timer.isRunning).toBe(false);
    timer.start();
    expect(timer.isRunning).toBe(true);
    timer.stop();
    expect(timer.isRunning).toBe(false);
  },
);
