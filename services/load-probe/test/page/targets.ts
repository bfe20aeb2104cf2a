import type {
  Bucket,
  DiscoveryStatus,
  HistoryDocument,
  ProbeStatus,
  SamplePoint,
  StatusDocument,
  SweepReport,
  TargetStatus,
} from '../../src/monitor/status/types.ts';
import type { Outcome } from '../../src/sampling/outcome.ts';
import { History } from '../../src/stats/history.ts';
import { noOutcomes } from '../../src/stats/sample-stats.ts';

/** The last minute of a healthy target. */
export const goodMinute: TargetStatus['window'] = {
  seconds: 60,
  samples: 60,
  ok: 60,
  lossRatio: 0,
  p50Ms: 0.418,
  p99Ms: 1.93,
  wireP50Ms: 0.311,
  wireP99Ms: 1.2,
  reflectorP50Ms: null,
  reflectorP99Ms: null,
  jitterMs: 0.087,
  duplicates: 0,
  reordered: 0,
  phasesMs: { first_byte: 0.402, total: 0.418 },
};

/** A healthy target. @param changes the fields that a test needs */
export function targetStatus(name: string, changes: Partial<TargetStatus> = {}): TargetStatus {
  return {
    id: name,
    name,
    url: `echo+udp://10.0.3.17:7007`,
    peer: null,
    protocol: 'echo-udp',
    flow: 'fresh',
    intervalMs: 1_000,
    timeoutMs: 2_000,
    state: 'up',
    since: Date.now() - 3 * 3_600_000,
    window: goodMinute,
    clock: null,
    slo: null,
    expect: null,
    control: null,
    leaks: null,
    flowDeaths: [],
    failedAddresses: [],
    notes: [],
    syn: null,
    mark: null,
    sweep: null,
    lost: null,
    responders: null,
    affinityBreaks: null,
    outcomes: outcomeCounts({ ok: 11_520 }),
    failures: [],
    ...changes,
  };
}

/** The sticky series of a target that also has a fresh series. */
export function stickyStatus(name: string, changes: Partial<TargetStatus> = {}): TargetStatus {
  return targetStatus(name, { id: `${name} (sticky)`, flow: 'sticky', ...changes });
}

/** A sweep in which every fourth of 64 source ports loses everything, and one port lost a sample. */
export function sweepReport(): SweepReport {
  const ports = Array.from({ length: 64 }, (_, index) => {
    const port = 50_000 + index * 3;
    return { port, sent: 6, lost: index % 4 === 0 ? 6 : index === 1 ? 1 : 0 };
  });
  const bad = ports.filter(({ lost }) => lost === 6).map(({ port }) => port);
  const fraction = { estimate: 0.25, low: 0.12, high: 0.41 };
  const sentence =
    'about 1 of 4 paths is dead: ports 50000, 50012, 50024, 50036, … lose everything, the others nothing';
  return { verdict: 'dead', bad, fraction, sentence, ports };
}

export function outcomeCounts(seen: Partial<Record<Outcome, number>>): Record<Outcome, number> {
  return { ...noOutcomes(), ...seen };
}

export function statusDocument(
  targets: readonly TargetStatus[],
  probe: Partial<ProbeStatus> = {},
  discoveries: readonly DiscoveryStatus[] = [],
): StatusDocument {
  const now = Date.now();
  return {
    version: 2,
    now,
    probe: {
      version: '1.2.3',
      host: 'node-a',
      node: null,
      zone: null,
      run: 'run-1',
      mesh: null,
      startedAt: now - 3 * 3_600_000,
      trusted: true,
      scheduleLagMs: 1.4,
      targetsFile: null,
      ...probe,
    },
    targets,
    discoveries,
  };
}

/** The outcome of the sample that was due this many seconds ago. */
export type OutcomeAt = (age: number) => Outcome;

const alwaysOk: OutcomeAt = () => 'ok';

/** One sample per second for the last ten minutes, in buckets of a second. */
export function tenMinutes(baseMs: number, outcomeAt: OutcomeAt = alwaysOk): Bucket[] {
  return buckets(600_000, 600, Date.now(), baseMs, outcomeAt);
}

/** The same as the probe's history of one series. */
export function historyDocument(
  target: TargetStatus,
  spanMs: number,
  count: number,
  baseMs: number,
  outcomeAt: OutcomeAt = alwaysOk,
): HistoryDocument {
  const now = Date.now();
  return { version: 2, now, target, spanMs, buckets: buckets(spanMs, count, now, baseMs, outcomeAt) };
}

function buckets(spanMs: number, count: number, now: number, baseMs: number, outcomeAt: OutcomeAt): Bucket[] {
  const lengthMs = spanMs / count;
  const first = Math.ceil(now / lengthMs) * lengthMs - spanMs;
  return Array.from({ length: count }, (_, index) => {
    const from = first + index * lengthMs;
    const points: Pick<SamplePoint, 'outcome' | 'rttMs'>[] = [];
    for (let at = from; at < Math.min(from + lengthMs, now); at += 1_000) {
      const outcome = outcomeAt(Math.floor((now - at) / 1_000));
      const isAnswered = outcome === 'ok' || outcome === 'late';
      points.push({ outcome, rttMs: isAnswered ? rttAt(baseMs, Math.floor(at / 1_000)) : null });
    }
    return bucketOf(from, points);
  });
}

export function bucketOf(from: number, points: readonly Pick<SamplePoint, 'outcome' | 'rttMs'>[]): Bucket {
  const history = new History(Math.max(points.length, 1));
  for (const point of points) history.add({ ...point, at: from });
  return history.buckets(from, 1, 1)[0]!;
}

/** Two waves, noise and some spikes: bounded, uneven, the same in every run. */
function rttAt(baseMs: number, second: number): number {
  const wave = 1 + 0.18 * Math.sin(second / 29 + baseMs) + 0.1 * Math.sin(second / 7.3);
  const ragged = ((second * 7_919) % 101) / 101;
  return baseMs * (wave + 0.9 * ragged ** 6 + ((second + Math.round(baseMs * 37)) % 97 === 0 ? 9 : 0));
}
