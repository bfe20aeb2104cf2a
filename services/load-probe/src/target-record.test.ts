import { describe, expect, it } from 'vitest';
import { targetOf } from '../test/take-samples.ts';
import type { Outcome } from './outcome.ts';
import { TargetRecord } from './target-record.ts';

function recordOf(...samples: [at: number, outcome: Outcome][]): TargetRecord {
  const record = new TargetRecord(targetOf('echo+udp://127.0.0.1:7'));
  for (const [at, outcome] of samples) {
    const rttMs = outcome === 'ok' ? 1 : null;
    record.add({ target: 0, at, outcome, detail: `${outcome} at ${at}`, rttMs, lagMs: 0 });
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

  it('should tell since when it is in its state', () => {
    const samples: [number, Outcome][] = [
      [1, 'ok'],
      [2, 'lost'],
      [3, 'refused'],
      [4, 'refused'],
    ];
    expect(recordOf(...samples).status(5)).toMatchObject({ state: 'down', since: 2 });
    expect(recordOf(...samples, [5, 'ok']).status(5)).toMatchObject({ state: 'up', since: 5 });
  });

  it('should believe the sample that was due last, not the one that ended last', () => {
    const record = recordOf([1, 'ok'], [3, 'ok'], [2, 'lost']);
    expect(record.status(3)).toMatchObject({ state: 'up', since: 1 });
    expect(record.points().map(({ outcome }) => outcome)).toEqual(['ok', 'lost', 'ok']);
    expect(record.takeNews().map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'lost']);
    expect(record.takeNews()).toEqual([]);
  });

  it('should not hold a late prober against the target', () => {
    const status = recordOf([1, 'ok'], [2, 'prober_late'], [3, 'lost'], [4, 'ok']).status(4);
    expect(status.window).toMatchObject({ samples: 4, ok: 2, lossRatio: 1 / 3, p50Ms: 1, p99Ms: 1 });
    expect(status.outcomes).toMatchObject({ ok: 2, prober_late: 1, lost: 1, refused: 0 });
    expect(status.failures).toEqual([{ at: 3, outcome: 'lost', detail: 'lost at 3' }]);
    expect(recordOf([1, 'prober_late']).status(1).state).toBe('pending');
    expect(recordOf([1, 'prober_late']).ownShare(1)).toEqual({ proberLate: 1, maxLagMs: 0 });
  });

  it('should keep the ten newest failures, newest first', () => {
    const record = recordOf(...Array.from({ length: 15 }, (_, at): [number, Outcome] => [at, 'reset']));
    expect(record.status(15).failures.map(({ at }) => at)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
  });
});
