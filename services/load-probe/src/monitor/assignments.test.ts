import type { CounterSource, SharedMetrics, Supervisor } from '@echo-daytime/runtime';
import { expect, it } from 'vitest';
import { targetOf } from '../../test/take-samples.ts';
import type { Target } from '../targets/target.ts';
import { type TargetOrders, TargetRoster } from './assignments.ts';
import { StatusBoard } from './status/store.ts';

/** A roster whose workers only write down what they are told. */
function rosterOver(workers: number) {
  const told: { readonly worker: number; readonly orders: TargetOrders }[] = [];
  const sources = new Set<CounterSource>();
  let started: (worker: number) => void = () => {};
  const supervisor = {
    send: (worker: number, data: unknown) => void told.push({ worker, orders: data as TargetOrders }),
    on(_event: string, listener: (worker: number) => void) {
      started = listener;
    },
  } as unknown as Supervisor;
  const metrics: Pick<SharedMetrics, 'add' | 'remove'> = {
    add: (source) => void sources.add(source),
    remove: (source) => void sources.delete(source),
  };
  const board = new StatusBoard({ version: '1.2.3', host: 'here', epoch: () => 0 });
  const roster = new TargetRoster({ workers, supervisor, metrics, board });
  return { roster, board, sources, told, start: (worker: number) => started(worker) };
}

function target(name: string, more = ''): Target {
  return targetOf(`echo+udp://127.0.0.1:7?name=${name}${more}`);
}

const namesOf = ({ add }: TargetOrders): string[] => add.map(({ target: { name } }) => name);

it('should share targets out, and tell a worker that starts again all of its own', () => {
  const { roster, told, start } = rosterOver(2);
  roster.set(['a', 'b', 'c'].map((name) => target(name)));
  expect(told.map(({ worker, orders }) => [worker, namesOf(orders)])).toEqual([
    [0, ['a', 'c']],
    [1, ['b']],
  ]);
  const [first] = told;
  expect(first?.orders.add.map(({ index, of }) => [index, of])).toEqual([
    [0, 3],
    [2, 3],
  ]);
  told.length = 0;
  start(0);
  expect(told).toEqual([{ worker: 0, orders: { remove: [], add: first?.orders.add } }]);
  // On the same memory: what was counted is not lost.
  expect(told[0]?.orders.add[0]?.counters).toBe(first?.orders.add[0]?.counters);
});

it('should tell nobody anything when nothing changes, nor when a promise does', () => {
  const { roster, board, sources, told } = rosterOver(1);
  roster.set([target('a'), target('b')]);
  const before = [...sources];
  told.length = 0;
  const promising = { ...target('b'), slo: { maxLossRatio: 0 } };
  expect(roster.set([promising, target('a')])).toEqual({ added: [], changed: [], removed: [], kept: 2 });
  expect(told).toEqual([]);
  expect([...sources]).toEqual(before);
  expect(board.ids).toEqual(['b', 'a']);
  expect(board.status().targets.map(({ slo }) => slo?.maxLossRatio ?? null)).toEqual([0, null]);
});

it('should replace what changed, and free the place of what is gone', () => {
  const { roster, board, sources, told } = rosterOver(2);
  roster.set(['a', 'b', 'c'].map((name) => target(name)));
  const numbers = new Map(
    told.flatMap(({ orders }) => orders.add.map(({ number, target: { name } }) => [name, number])),
  );
  told.length = 0;
  const change = roster.set([target('a'), target('c', '&interval=5s'), target('d')]);
  expect(change).toEqual({ added: ['d'], changed: ['c'], removed: ['b'], kept: 1 });
  expect(told.map(({ worker, orders }) => [worker, orders.remove, namesOf(orders)])).toEqual([
    [0, [numbers.get('c')], ['d']],
    [1, [numbers.get('b')], ['c']],
  ]);
  expect(sources.size).toBe(3);
  expect(board.ids).toEqual(['a', 'c', 'd']);
  // What its old self may still send is nobody's.
  const late = { kind: 'reordered', at: 0, target: numbers.get('c')! } as const;
  board.receive([late]);
  expect(board.status().targets[1]?.window.reordered).toBe(0);
});

it('should not let a clock that was never read pass for a right one', () => {
  const { roster, sources } = rosterOver(1);
  roster.set([targetOf('session+tcp://127.0.0.1:7014')]);
  const [{ families, memories } = { families: [], memories: [] }] = sources;
  const cell = families.find(({ name }) => name === 'l4_probe_clock_error_seconds')?.series[0]?.cell ?? 0;
  expect(new Float64Array(memories[0]!)[cell]).toBe(Number.POSITIVE_INFINITY);
});
