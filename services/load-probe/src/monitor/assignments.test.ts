import type { CounterSource, SharedMetrics, Supervisor } from '@echo-daytime/runtime';
import { expect, it } from 'vitest';
import { targetOf } from '../../test/take-samples.ts';
import type { Target } from '../targets/target.ts';
import { type AssignmentChange, Assignments } from './assignments.ts';
import { ResponseMetrics } from './response-metrics.ts';
import { StatusStore } from './status/store.ts';

/** Assignments to workers that only record the messages they receive. */
function assignmentsTo(workers: number) {
  const sent: { readonly worker: number; readonly change: AssignmentChange }[] = [];
  const sources = new Set<CounterSource>();
  let started: (worker: number) => void = () => {};
  const supervisor = {
    send: (worker: number, data: unknown) => void sent.push({ worker, change: data as AssignmentChange }),
    on(_event: string, listener: (worker: number) => void) {
      started = listener;
    },
  } as unknown as Supervisor;
  const metrics: Pick<SharedMetrics, 'add' | 'remove'> = {
    add: (source) => void sources.add(source),
    remove: (source) => void sources.delete(source),
  };
  const store = new StatusStore({ version: '1.2.3', host: 'here', epoch: () => 0 });
  const assignments = new Assignments({
    workers,
    supervisor,
    metrics,
    metricsDetail: 'normal',
    hasTcpInfo: true,
    responses: new ResponseMetrics(metrics),
    store,
  });
  return { assignments, store, sources, sent, start: (worker: number) => started(worker) };
}

function target(name: string, more = ''): Target {
  return targetOf(`echo+udp://127.0.0.1:7?name=${name}${more}`);
}

const namesOf = ({ add }: AssignmentChange): string[] => add.map(({ target: { name } }) => name);

it('should divide targets among workers, and send a restarted worker all of its targets', () => {
  const { assignments, sent, start } = assignmentsTo(2);
  assignments.set(['a', 'b', 'c'].map((name) => target(name)));
  expect(sent.map(({ worker, change }) => [worker, namesOf(change)])).toEqual([
    [0, ['a', 'c']],
    [1, ['b']],
  ]);
  const [first] = sent;
  expect(first?.change.add.map(({ index, of }) => [index, of])).toEqual([
    [0, 3],
    [2, 3],
  ]);
  sent.length = 0;
  start(0);
  expect(sent).toEqual([{ worker: 0, change: { remove: [], add: first?.change.add } }]);
  // The memory is the same, so no count is lost.
  expect(sent[0]?.change.add[0]?.counters).toBe(first?.change.add[0]?.counters);
});

it('should send no message to a worker when nothing changes, or only an SLO', () => {
  const { assignments, store, sources, sent } = assignmentsTo(1);
  assignments.set([target('a'), target('b')]);
  const before = [...sources];
  sent.length = 0;
  const promising = { ...target('b'), slo: { maxLossRatio: 0 } };
  expect(assignments.set([promising, target('a')])).toEqual({ added: [], changed: [], removed: [], kept: 2 });
  expect(sent).toEqual([]);
  expect([...sources]).toEqual(before);
  expect(store.ids).toEqual(['b', 'a']);
  expect(store.status().targets.map(({ slo }) => slo?.maxLossRatio ?? null)).toEqual([0, null]);
});

it('should replace changed targets, and assign new ones to the least busy worker', () => {
  const { assignments, store, sources, sent } = assignmentsTo(2);
  assignments.set(['a', 'b', 'c'].map((name) => target(name)));
  const numbers = new Map(
    sent.flatMap(({ change }) => change.add.map(({ number, target: { name } }) => [name, number])),
  );
  sent.length = 0;
  const changes = assignments.set([target('a'), target('c', '&interval=5s'), target('d')]);
  expect(changes).toEqual({ added: ['d'], changed: ['c'], removed: ['b'], kept: 1 });
  expect(sent.map(({ worker, change }) => [worker, change.remove, namesOf(change)])).toEqual([
    [0, [numbers.get('c')], ['d']],
    [1, [numbers.get('b')], ['c']],
  ]);
  expect(sources.size).toBe(3);
  expect(store.ids).toEqual(['a', 'c', 'd']);
  // A late message about the old assignment belongs to no target.
  const late = { kind: 'reordered', at: 0, target: numbers.get('c')! } as const;
  store.receive([late]);
  expect(store.status().targets[1]?.window.reordered).toBe(0);
});

it('should report an infinite error for a clock that was never read', () => {
  const { assignments, sources } = assignmentsTo(1);
  assignments.set([targetOf('session+tcp://127.0.0.1:7014')]);
  const [{ families, memories } = { families: [], memories: [] }] = sources;
  const cell = families.find(({ name }) => name === 'l4_probe_clock_error_seconds')?.series[0]?.cell ?? 0;
  expect(new Float64Array(memories[0]!)[cell]).toBe(Number.POSITIVE_INFINITY);
});
