import { expect, it } from 'vitest';
import { targetOf } from '../../../test/take-samples.ts';
import type { Outcome } from '../../sampling/outcome.ts';
import type { Sample } from '../../sampling/sampler.ts';
import { FlowRecord } from './flow-record.ts';

/** From one sample to the next, as of `targetOf`. */
const INTERVAL_MS = 20;
const RTT_MS = 5;

function sampleOf(sequence: number, outcome: Outcome, detail = outcome === 'ok' ? '' : 'no answer'): Sample {
  const rttMs = outcome === 'ok' ? RTT_MS : undefined;
  return { sequence, at: sequence * INTERVAL_MS, outcome, detail, rttMs, lagMs: 0, phases: {} };
}

function recordOf(outcomes: readonly Outcome[], order = outcomes.map((_, index) => index)): FlowRecord {
  const target = targetOf('stamp+udp://192.0.2.7:7862?flow=sticky');
  const record = new FlowRecord(target, Number.POSITIVE_INFINITY, () => {});
  for (const sequence of order) record.sample(sampleOf(sequence, outcomes[sequence]!));
  return record;
}

it.each<[what: string, outcomes: Outcome[], gap: object | undefined]>([
  ['the longest round trip where none was lost', ['ok', 'ok'], { ms: RTT_MS, at: 0, isOpen: false }],
  [
    'from the first lost to the next answer',
    ['ok', 'lost', 'reset', 'ok'],
    { ms: 45, at: 20, isOpen: false },
  ],
  ['not ended by what says nothing', ['lost', 'prober_late', 'ok'], { ms: 45, at: 0, isOpen: false }],
  ['not begun by what says nothing', ['ok', 'prober_late', 'ok'], { ms: RTT_MS, at: 0, isOpen: false }],
  ['open where nothing was answered any more', ['ok', 'lost', 'lost'], { ms: 40, at: 20, isOpen: true }],
  ['unknown where nothing was measured', ['prober_late'], undefined],
])('should have a gap that is %s', (_, outcomes, gap) => {
  expect(recordOf(outcomes).gap).toEqual(gap);
  // A sample is lost long after later ones were answered.
  expect(recordOf(outcomes, outcomes.map((_, index) => index).reverse()).gap).toEqual(gap);
});

it('should count what ended in order, so that a sample under way holds up a warm-up', () => {
  expect(recordOf(['ok', 'ok', 'ok', 'ok'], [0, 2, 3]).ended).toBe(1);
  expect(recordOf(['ok', 'ok', 'ok', 'ok'], [0, 2, 3, 1]).ended).toBe(4);
});

it('should count losses by cause, with who had answered last', () => {
  const record = recordOf(['ok']);
  const answered = (name: string, sequence: number): void =>
    record.responderReported({ name, fields: `pod=${name}` }, sequence);
  answered('a', 0);
  // What was asked last is known first.
  answered('b', 5);
  record.sample(sampleOf(1, 'lost', 'no answer within 1000 ms'));
  record.sample(sampleOf(2, 'lost', 'no answer within 2000 ms'));
  record.sample(sampleOf(3, 'refused', 'nothing listens'));
  record.sample(sampleOf(4, 'prober_late', 'late'));
  record.sample(sampleOf(5, 'ok'));
  record.sample(sampleOf(6, 'lost', 'no answer within 10 ms'));
  expect(record.causes).toEqual([
    {
      outcome: 'lost',
      detail: 'no answer within 2000 ms',
      responder: 'a',
      count: 2,
      firstAt: 20,
      lastAt: 40,
    },
    { outcome: 'refused', detail: 'nothing listens', responder: 'a', count: 1, firstAt: 60, lastAt: 60 },
    {
      outcome: 'lost',
      detail: 'no answer within 10 ms',
      responder: 'b',
      count: 1,
      firstAt: 120,
      lastAt: 120,
    },
  ]);
  expect(record.lostSamples.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 6]);
  expect(record.measures).toEqual({ 'max-lost': 4, 'max-gap': 85 });
});

it('should count the causes that it does not keep apart', () => {
  const record = recordOf([]);
  for (let port = 0; port < 60; port += 1) record.sample(sampleOf(port, 'lost', `no answer from ${port}`));
  expect(record.causes.length + record.otherLosses).toBe(60);
  expect(record.otherLosses).toBe(10);
});
