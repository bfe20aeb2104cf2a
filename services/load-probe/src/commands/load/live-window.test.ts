import { expect, it } from 'vitest';
import { LoadCounters } from './counters.ts';
import { LiveWindow } from './live-window.ts';
import { liveWords } from './progress.ts';

it('should give the figures of the last window, not of the whole run', () => {
  const counters = new LoadCounters(LoadCounters.allocate());
  const state = (): LoadCounters => LoadCounters.sum([counters]);
  const answer = (count: number, milliseconds: number): void => {
    for (let index = 0; index < count; index += 1) counters.answered(milliseconds);
  };
  const window = new LiveWindow(1_000, 0, state());
  answer(500, 1);
  expect(window.add(500, state())).toMatchObject({ messagesPerSecond: 1_000, p50Ms: 1, errors: 0 });
  answer(500, 1);
  window.add(1_000, state());
  answer(10, 64);
  counters.fail('reset', 3);
  window.add(1_500, state());
  const figures = window.add(2_000, state());
  expect(figures).toMatchObject({ messagesPerSecond: 10, p50Ms: 64, p99Ms: 64, errors: 3 });
  expect(liveWords(figures)).toBe('10/s, p50 64.0 ms, p99 64.0 ms, 3 errors');
  expect(liveWords(window.add(3_000, state()))).toBe('0/s, no answer, 3 errors');
});
