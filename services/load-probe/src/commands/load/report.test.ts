import { expect, it } from 'vitest';
import { planOf } from '../../../test/commands/run-load.ts';
import { LoadCounters } from './counters.ts';
import { jsonReport, judgeLoad, textReport } from './report.ts';
import { LoadResult } from './result.ts';

/** A load of 10 messages, of which one was lost. @param lateCount how many failed because of the prober itself */
function judged(lateCount: number) {
  const counters = new LoadCounters(LoadCounters.allocate());
  for (let sent = 0; sent < 10; sent += 1) counters.begin();
  for (let ok = lateCount + 1; ok < 10; ok += 1) counters.answered(1);
  counters.fail('lost', 1);
  counters.fail('prober_late', lateCount);
  const worker = { due: 10, elapsedMs: 1_000, oldestWaitMs: 0, stallMs: 0, details: new Map() };
  const plan = planOf('echo+tcp://127.0.0.1:7', {});
  const result = new LoadResult({ plan, isInterrupted: false, counters: [counters], workers: [worker] });
  return judgeLoad(result, [{ kind: 'max-loss', limit: 1, text: '100%' }], 0.5);
}

it('should tell how much of the loss the prober itself caused', () => {
  expect(textReport(judged(3))).toContain(
    `6 of 10 messages ok, loss 40%, 3 of the 4 caused by the prober itself\n`,
  );
  expect(textReport(judged(0))).toContain('9 of 10 messages ok, loss 10%\n');
});

it('should hold no gate where the prober itself failed for more than half of the messages', () => {
  const gatesOf = (lateCount: number) => JSON.parse(jsonReport(judged(lateCount))).gates[0].targets[0];
  expect(gatesOf(5)).toMatchObject({ held: true });
  expect(gatesOf(6)).toMatchObject({ held: false, reason: 'not_enough_measured' });
});
