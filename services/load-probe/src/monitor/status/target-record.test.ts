import { describe, expect, it } from 'vitest';
import { targetOf } from '../../../test/take-samples.ts';
import type { Outcome } from '../../sampling/outcome.ts';
import type { Slo } from '../../targets/target.ts';
import { TargetRecord } from './target-record.ts';

/** Later than anything here. */
const NOW = 1_000_000;

function recordOf(...samples: [at: number, outcome: Outcome][]): TargetRecord {
  const record = new TargetRecord(targetOf('echo+udp://127.0.0.1:7'));
  for (const [at, outcome] of samples) {
    const rttMs = outcome === 'ok' ? 1 : undefined;
    const detail = `${outcome} at ${at}`;
    record.add({ kind: 'sample', sequence: at, at, outcome, detail, rttMs, lagMs: 0, phases: {} }, NOW);
  }
  return record;
}

describe('TargetRecord', () => {
  it('should be pending before the first sample', () => {
    expect(recordOf().status(0)).toMatchObject({
      state: 'pending',
      since: null,
      window: { seconds: 60, samples: 0, ok: 0, lossRatio: 0, p50Ms: null, p99Ms: null },
      failures: [],
    });
  });

  it('should have the time of the last change of state', () => {
    const samples: [number, Outcome][] = [
      [1, 'ok'],
      [2, 'lost'],
      [3, 'refused'],
      [4, 'refused'],
    ];
    expect(recordOf(...samples).status(5)).toMatchObject({ state: 'down', since: 2 });
    expect(recordOf(...samples, [5, 'ok']).status(5)).toMatchObject({ state: 'up', since: 5 });
  });

  it('should take its state from the sample that was due last, not the one that ended last', () => {
    const record = recordOf([1, 'ok'], [3, 'ok'], [2, 'lost']);
    expect(record.status(3)).toMatchObject({ state: 'up', since: 1 });
    expect(record.recentPoints(3).map(({ outcome }) => outcome)).toEqual(['ok', 'lost', 'ok']);
  });

  it('should not count a late prober as loss of the target', () => {
    const status = recordOf([1, 'ok'], [2, 'prober_late'], [3, 'lost'], [4, 'ok']).status(4);
    expect(status.window).toMatchObject({ samples: 4, ok: 2, lossRatio: 1 / 3, p50Ms: 1, p99Ms: 1 });
    expect(status.outcomes).toMatchObject({ ok: 2, prober_late: 1, lost: 1, refused: 0 });
    expect(status.failures).toEqual([{ at: 3, outcome: 'lost', detail: 'lost at 3' }]);
    expect(recordOf([1, 'prober_late']).status(1).state).toBe('pending');
    expect(recordOf([1, 'prober_late']).lastMinute(1)).toMatchObject({ proberLate: 1, maxLagMs: 0 });
  });

  it('should keep the ten newest failures, newest first', () => {
    const record = recordOf(...Array.from({ length: 15 }, (_, at): [number, Outcome] => [at, 'reset']));
    expect(record.status(15).failures.map(({ at }) => at)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
  });

  it('should tell jitter, phases, duplicates and reordering of the last minute', () => {
    const record = recordOf();
    const add = (at: number, rttMs: number | undefined, connect: number): void =>
      record.add(
        {
          kind: 'sample',
          sequence: at / 1_000,
          at,
          outcome: rttMs === undefined ? 'lost' : 'ok',
          detail: '',
          rttMs,
          lagMs: 0,
          phases: { connect, total: connect + 1 },
        },
        NOW,
      );
    // Long ago.
    add(1_000, 500, 500);
    record.add({ kind: 'duplicates', at: 1_000, count: 7 }, NOW);
    record.add({ kind: 'reordered', at: 1_000 }, NOW);
    for (const [n, rttMs] of [10, 13, undefined, 20, 12].entries()) add(100_000 + n * 1_000, rttMs, n);
    record.add({ kind: 'duplicates', at: 101_000, count: 2 }, NOW);
    record.add({ kind: 'duplicates', at: 102_000, count: 1 }, NOW);
    record.add({ kind: 'reordered', at: 102_000 }, NOW);
    const { window } = record.status(104_000);
    // Between 13 and 20 a sample was lost: these are not consecutive.
    expect(window).toMatchObject({ samples: 5, jitterMs: (3 + 8) / 2, duplicates: 3, reordered: 1 });
    expect(window.phasesMs).toEqual({ connect: 2, total: 3 });
    expect(recordOf([1, 'ok']).status(1).window.jitterMs).toBeNull();
    // Sample 2 is still under way: 1 and 3 are not consecutive.
    expect(recordOf([1, 'ok'], [3, 'ok']).status(3).window.jitterMs).toBeNull();
  });

  it('should tell how sticky flows died, newest first, and the clock', () => {
    const record = recordOf();
    expect(record.status(0)).toMatchObject({ flowDeaths: [], clock: null, slo: null });
    for (let at = 0; at < 15; at += 1) {
      record.add({ kind: 'death', death: { at: at + 0.2, ageMs: 1.000_4, cause: 'fin' } }, NOW);
    }
    record.add({ kind: 'clock', reading: { offsetMs: -1.234_56, errorMs: 0.5 } }, NOW);
    const { flowDeaths, clock } = record.status(15);
    expect(flowDeaths).toHaveLength(10);
    expect(flowDeaths[0]).toEqual({ at: 14, ageMs: 1, cause: 'fin' });
    expect(clock).toEqual({ offsetMs: -1.235, errorMs: 0.5 });
  });

  it('should tell the last failure of each address, newest first', () => {
    const record = recordOf();
    for (let at = 0; at < 24; at += 1) {
      const failed = { at, address: `192.0.2.${at % 12}`, detail: `silent at ${at}` };
      record.add({ kind: 'address', failed }, NOW);
    }
    const { failedAddresses } = record.status(24);
    expect(failedAddresses.map(({ at }) => at)).toEqual([23, 22, 21, 20, 19, 18, 17, 16, 15, 14]);
    expect(failedAddresses[0]).toEqual({ at: 23, address: '192.0.2.11', detail: 'silent at 23' });
    expect(record.status(24).failures).toEqual([]);
  });

  it('should note samples that were ok though segments were sent again, newest first', () => {
    const record = recordOf([1, 'ok']);
    const connection = { rttMs: 1, mss: 1_448, ecn: 'off' as const };
    const tcp = { retransmits: 1, synRetransmits: 0, connection };
    for (let at = 2; at < 15; at += 1) {
      const sample = { sequence: at, at: at + 0.2, outcome: 'ok' as const, rttMs: 1, lagMs: 0, phases: {} };
      record.add({ kind: 'sample', ...sample, detail: `lost at ${at}`, tcp }, NOW);
    }
    const { failures, notes, state } = record.status(15);
    expect(notes.map(({ at }) => at)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
    expect(notes[0]).toEqual({ at: 14, detail: 'lost at 14' });
    expect({ failures, state }).toEqual({ failures: [], state: 'up' });
  });

  it('should judge an SLO by the last minute', () => {
    const record = recordOf([1, 'ok'], [2, 'lost']);
    const { target } = record;
    const metWith = (slo: Slo): boolean | null | undefined => {
      record.update({ ...target, slo });
      return record.status(2).slo?.met;
    };
    expect(metWith({ maxLossRatio: 0.5, maxP99Ms: 1 })).toBe(true);
    expect(metWith({ maxLossRatio: 0.49 })).toBe(false);
    expect(metWith({ maxP99Ms: 0.9 })).toBe(false);
    const unseen = recordOf([1, 'prober_late']);
    unseen.update({ ...target, slo: { maxLossRatio: 0, maxP99Ms: 1 } });
    expect(unseen.status(1).slo).toEqual({ maxLossRatio: 0, maxP99Ms: 1, met: null });
    const dead = recordOf([1, 'lost']);
    dead.update({ ...target, slo: { maxP99Ms: 1 } });
    expect(dead.status(1).slo?.met).toBe(false);
  });
});
