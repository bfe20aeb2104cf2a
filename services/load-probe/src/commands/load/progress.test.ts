import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LoadCounters } from './counters.ts';
import { showProgress } from './progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The output of 2.5 s with a hundred replies every 250 ms, and of half a second without any. */
function shown(isTTY: boolean, durationMs = 5_000): string {
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120, cursorTo: () => true });
  stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const progress = showProgress(stream as unknown as NodeJS.WriteStream, durationMs);
  const counters = new LoadCounters(LoadCounters.allocate());
  progress.started(() => LoadCounters.sum([counters]));
  for (let quarter = 0; quarter < 10; quarter += 1) {
    for (let message = 0; message < 100; message += 1) counters.answered(2);
    vi.advanceTimersByTime(250);
  }
  counters.fail('reset', 1);
  vi.advanceTimersByTime(510);
  progress.ended();
  vi.advanceTimersByTime(5_000);
  return written.join('');
}

it('should write a plain line a second where there is no terminal', () => {
  expect(shown(false)).toBe(
    '1 s: 400/s, p50 2.00 ms, p99 2.00 ms, 0 errors\n' +
      '2 s: 400/s, p50 2.00 ms, p99 2.00 ms, 0 errors\n' +
      '3 s: 200/s, p50 2.00 ms, p99 2.00 ms, 1 error\n',
  );
});

it('should draw a bar with the same figures on a terminal', () => {
  const output = shown(true);
  expect(output).toContain('##########---------- 50% | 400/s, p50 2.00 ms, p99 2.00 ms, 0 errors');
  expect(output).toContain('60% | 200/s, p50 2.00 ms, p99 2.00 ms, 1 error');
  expect(output).not.toContain('100%');
  // The cursor was hidden and is shown again.
  expect(output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(output.lastIndexOf('\u001b[?25l'));
});

it('should fill the bar when the load ends between two updates', () => {
  expect(shown(true, 3_005)).toContain(
    '#################### 100% | 200/s, p50 2.00 ms, p99 2.00 ms, 1 error',
  );
});
