import { expect, it } from 'vitest';
import type { Target } from '../../targets/target.ts';
import type { Outcome } from '../outcome.ts';
import type { AbandonedSample, Sample } from '../sampler.ts';
import { BlockedJudge } from './blocked-judge.ts';

const INTERVAL_MS = 100;

/** A judge whose control is due 10 ms before each sample, and the samples that it has passed on. */
function judging(changes: Partial<Target> = {}) {
  const target: Target = {
    ...{ id: 'denied', name: 'denied', url: '', host: 'a', port: 7, protocol: 'echo-tcp', flow: 'fresh' },
    ...{ intervalMs: INTERVAL_MS, timeoutMs: 500, sizeBytes: 64, expect: 'blocked', ...changes },
  };
  const passed: Sample[] = [];
  const abandoned: AbandonedSample[] = [];
  const judge = new BlockedJudge({
    target,
    controlId: 'control',
    control: { startMs: 1_000, intervalMs: INTERVAL_MS },
    startMs: 1_010,
    nowMs: 900,
    observer: {
      sample: (sample) => void passed.push(sample),
      abandoned: (sample) => void abandoned.push(sample),
    },
  });
  const control = (sequence: number, outcome: Outcome): void => judge.hear(sampleOf(sequence, outcome));
  const add = (sequence: number, outcome: Outcome, more: Partial<Sample> = {}): void =>
    judge.add({ ...sampleOf(sequence, outcome), ...more });
  const results = () => passed.map(({ sequence, outcome }) => [sequence, outcome]);
  return { abandoned, add, control, judge, passed, results };
}

function sampleOf(sequence: number, outcome: Outcome): Sample {
  const detail = outcome === 'ok' ? '' : 'why';
  return { sequence, at: sequence * INTERVAL_MS, outcome, detail, rttMs: undefined, lagMs: 0, phases: {} };
}

it('should take nothing for blocked before the control has passed on both sides', () => {
  const { add, control, passed, results } = judging();
  control(0, 'ok');
  add(0, 'refused');
  expect(results()).toEqual([]);
  // A later sample of the control says nothing: the nearest may still fail.
  control(2, 'ok');
  expect(results()).toEqual([]);
  control(1, 'ok');
  expect(passed).toMatchObject([
    { outcome: 'blocked', detail: 'refused: why', seen: { outcome: 'refused' }, at: 0 },
  ]);
});

it.each([
  ['before', 'lost', 'ok'],
  ['after', 'ok', 'connect_timeout'],
] as const)('should leave a sample untested whose control failed %s it', (_, before, after) => {
  const { add, control, passed } = judging();
  add(0, 'connect_timeout');
  control(0, before);
  control(1, after);
  const failed = before === 'ok' ? after : before;
  expect(passed).toMatchObject([
    { outcome: 'untested', detail: `control, its control, failed too: ${failed}: why` },
  ]);
});

it('should look past one sample for which the probe was late, and no further', () => {
  const { add, control, passed } = judging();
  for (const [sequence, outcome] of [
    'ok',
    'prober_late',
    'ok',
    'prober_late',
    'prober_late',
    'ok',
  ].entries()) {
    control(sequence, outcome as Outcome);
  }
  for (const sequence of [0, 1, 2]) add(sequence, 'lost');
  expect(passed.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked', 'prober_late']);
  expect(passed[2]!.detail).toBe('the probe measured no sample of control, its control, near it');
});

it('should pass samples on in order, though they end in another one', () => {
  const { add, control, passed, results } = judging();
  for (const sequence of [0, 1, 2, 3]) control(sequence, 'ok');
  add(2, 'prober_late');
  add(1, 'ok', { rttMs: 3 });
  expect(results()).toEqual([]);
  add(0, 'lost');
  expect(results()).toEqual([
    [0, 'blocked'],
    [1, 'leaked'],
    [2, 'prober_late'],
  ]);
  expect(passed[1]).toMatchObject({
    detail: 'ok after 3.00 ms',
    seen: { outcome: 'ok', afterMs: 3 },
    rttMs: undefined,
  });
});

it.each<[Outcome, Partial<Sample>, Partial<Target>, Outcome]>([
  ['corrupt', {}, {}, 'leaked'],
  ['reset', {}, {}, 'blocked'],
  ['reset', { phases: { first_byte: 1 } }, {}, 'leaked'],
  ['closed', {}, {}, 'blocked'],
  ['unreachable', {}, {}, 'blocked'],
  // A service that hangs takes connections too.
  ['read_timeout', {}, {}, 'untested'],
  ['read_timeout', {}, { flow: 'sticky' }, 'blocked'],
  // Nothing was sent.
  ['dns', {}, {}, 'untested'],
])('should judge %s with %o of %o as %s while the control passes', (outcome, sample, target, judged) => {
  const { add, control, results } = judging(target);
  control(0, 'ok');
  control(1, 'ok');
  add(0, outcome, sample);
  expect(results()).toEqual([[0, judged]]);
});

it('should prove nothing of what waits for a control that has ended, and drop it where the probe was stopped', () => {
  const [ended, stopped] = [judging(), judging()];
  for (const { add, control } of [ended, stopped]) {
    control(0, 'ok');
    add(0, 'lost');
  }
  ended.judge.close();
  expect(ended.results()).toEqual([[0, 'prober_late']]);
  stopped.judge.abandon(1_500);
  stopped.judge.close();
  expect(stopped.results()).toEqual([]);
  expect(stopped.abandoned).toEqual([{ sequence: 0, ageMs: 490, isOverdue: false }]);
});
