import { describe, expect, it } from 'vitest';
import { targetOf } from '../../../test/take-samples.ts';
import type { Outcome } from '../../sampling/outcome.ts';
import { peerOf } from '../../targets/discovery/peer.ts';
import { StatusStore } from './store.ts';

it('should give the samples of a peer only in a query for that peer', () => {
  const store = new StatusStore({ version: '1.2.3', host: 'node-a', epoch: () => 1_000 });
  const peer = peerOf(targetOf('tcp://echo:7?name=t&discover=dns'), '10.0.0.7');
  store.add(0, peer);
  store.add(1, targetOf('tcp://10.0.0.8:7?name=plain'));
  const sample = {
    kind: 'sample',
    sequence: 0,
    at: 900,
    outcome: 'ok',
    detail: '',
    rttMs: 1,
    lagMs: 0,
    phases: {},
  } as const;
  store.receive([
    { ...sample, target: 0 },
    { ...sample, target: 1 },
  ]);
  const second = { from: 0, samples: 1, outcomes: { ok: 1 }, p50Ms: 1, p90Ms: 1, p99Ms: 1, maxMs: 1 };
  expect([...store.recentSeconds()].map(({ buckets }) => buckets)).toEqual([{ plain: [second] }]);
  expect(store.takeChangedSeconds().buckets).toEqual({ plain: [second] });
  expect(store.target('t @ 10.0.0.7')?.samples).toEqual([{ at: 900, outcome: 'ok', rttMs: 1 }]);
  expect(store.status()).toMatchObject({
    probe: { host: 'node-a' },
    targets: [
      { id: 't @ 10.0.0.7', name: 't', peer: '10.0.0.7', window: { samples: 1 } },
      { id: 'plain', name: 'plain', peer: null },
    ],
  });
});

describe('a wall clock that steps back', () => {
  const AT = 1_800_000_000_000;
  const HOUR_MS = 3_600_000;
  const DETAIL = 'nothing listens there';

  /** A store with one target, and its clock. */
  function storeAt(start: number) {
    const clock = { now: start };
    const store = new StatusStore({ version: '1.2.3', host: 'here', epoch: () => clock.now });
    store.add(0, targetOf('tcp://127.0.0.1:7?name=t&interval=1s'));
    const receive = (outcome: Outcome, at = clock.now): void => {
      const rttMs = outcome === 'ok' ? 1 : undefined;
      const sample = { sequence: 0, at, outcome, detail: DETAIL, rttMs, lagMs: 0, phases: {} };
      store.receive([{ kind: 'sample', target: 0, ...sample }]);
    };
    const take = (count: number, outcome: Outcome): void => {
      for (let second = 0; second < count; second += 1) {
        clock.now += 1_000;
        receive(outcome);
      }
    };
    return { store, clock, receive, take };
  }

  it('should not show a target as up that is down', () => {
    const { store, clock, take } = storeAt(AT + HOUR_MS);
    take(30, 'ok');
    clock.now = AT;
    take(1, 'refused');
    expect(store.status().targets[0]).toMatchObject({ state: 'down', since: AT + 1_000 });
    take(299, 'refused');
    expect(store.status().targets[0]).toMatchObject({
      state: 'down',
      window: { samples: 61, ok: 0, lossRatio: 1 },
      outcomes: { ok: 30, refused: 300 },
    });
    const counts = store.history('t', 600_000, 1)?.buckets.map(({ samples }) => samples);
    expect(counts).toEqual([300]);
    const [document] = store.recentSeconds();
    const seconds = document?.buckets.t ?? [];
    expect(seconds.map(({ from }) => from)).toEqual(
      Array.from({ length: 300 }, (_, n) => AT + (n + 1) * 1_000),
    );
  });

  it('should keep the state until the next sample, and drop samples that are in the future now', () => {
    const { store, clock, take } = storeAt(AT + HOUR_MS);
    take(30, 'refused');
    store.receive([
      { kind: 'duplicates', target: 0, at: clock.now, count: 3 },
      { kind: 'reordered', target: 0, at: clock.now },
      { kind: 'death', target: 0, death: { at: clock.now, ageMs: 1, cause: 'fin' } },
    ]);
    clock.now = AT;
    const [target] = store.status().targets;
    expect(target).toMatchObject({ state: 'down', since: AT, flowDeaths: [{ at: AT }] });
    expect(target?.window).toMatchObject({ samples: 0, duplicates: 0, reordered: 0 });
    // Messages of failures are kept, with a time that is not in the future.
    expect(target?.failures).toEqual(Array(10).fill({ at: AT, outcome: 'refused', detail: DETAIL }));
    expect([...store.recentSeconds()].map(({ buckets }) => buckets)).toEqual([{ t: [] }]);
    expect(store.takeChangedSeconds().buckets.t).toEqual([]);
  });

  it('should ignore the due time of a sample that was under way at the step', () => {
    const { store, clock, receive, take } = storeAt(AT + HOUR_MS);
    take(3, 'ok');
    clock.now = AT;
    take(1, 'ok');
    receive('lost', AT + HOUR_MS + 4_000);
    expect(store.status().targets[0]).toMatchObject({ state: 'up', outcomes: { ok: 4, lost: 1 } });
    take(1, 'refused');
    expect(store.status().targets[0]).toMatchObject({ state: 'down', window: { samples: 2 } });
    expect(store.takeChangedSeconds().buckets.t?.flatMap(({ outcomes }) => Object.keys(outcomes))).toEqual([
      'ok',
      'refused',
    ]);
  });

  it('should add to a history that was full', () => {
    const { store, clock, take } = storeAt(AT);
    take(21_700, 'ok');
    clock.now -= 10_000;
    take(1, 'refused');
    expect(store.history('t', 6 * HOUR_MS, 1)?.buckets[0]?.outcomes).toMatchObject({ refused: 1 });
    const told = store.target('t')?.samples ?? [];
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted((one, other) => one - other));
    expect(told.slice(-2).map(({ outcome }) => outcome)).toEqual(['ok', 'refused']);
  });
});
