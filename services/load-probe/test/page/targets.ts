import type {
  Bucket,
  DiscoveryStatus,
  HistoryDocument,
  ProbeStatus,
  SamplePoint,
  StatusDocument,
  TargetStatus,
} from '../../src/monitor/status/types.ts';
import { type Outcome, outcomes } from '../../src/sampling/outcome.ts';

/** The last minute of a target that is well. */
export const goodMinute: TargetStatus['window'] = {
  seconds: 60,
  samples: 60,
  ok: 60,
  lossRatio: 0,
  p50Ms: 0.418,
  p99Ms: 1.93,
  jitterMs: 0.087,
  duplicates: 0,
  reordered: 0,
  phasesMs: { first_byte: 0.402, total: 0.418 },
};

/** A target that is well; what a test is about goes into `changes`. */
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
    flowDeaths: [],
    failedAddresses: [],
    outcomes: outcomeCounts({ ok: 11_520 }),
    failures: [],
    ...changes,
  };
}

/** The sticky series of a target that has a fresh one too. */
export function stickyStatus(name: string, changes: Partial<TargetStatus> = {}): TargetStatus {
  return targetStatus(name, { id: `${name} (sticky)`, flow: 'sticky', ...changes });
}

export function outcomeCounts(seen: Partial<Record<Outcome, number>>): Record<Outcome, number> {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, seen[outcome] ?? 0])) as Record<
    Outcome,
    number
  >;
}

export function statusDocument(
  targets: readonly TargetStatus[],
  probe: Partial<ProbeStatus> = {},
  discoveries: readonly DiscoveryStatus[] = [],
): StatusDocument {
  const now = Date.now();
  return {
    version: 1,
    now,
    probe: {
      version: '1.2.3',
      host: 'node-a',
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

/** What became of the sample that was due this many seconds ago. */
export type OutcomeAt = (age: number) => Outcome;

const alwaysOk: OutcomeAt = () => 'ok';

/** One sample a second for ten minutes up to now. */
export function tenMinutes(baseMs: number, outcomeAt: OutcomeAt = alwaysOk): SamplePoint[] {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  return Array.from({ length: 600 }, (_, index) => {
    const age = 599 - index;
    const outcome = outcomeAt(age);
    return { at: now - age * 1_000, outcome, rttMs: isAnswered(outcome) ? rttAt(baseMs, index) : null };
  });
}

/** The same, longer ago and in buckets, as the probe tells the history of one series. */
export function historyDocument(
  target: TargetStatus,
  spanMs: number,
  buckets: number,
  baseMs: number,
  outcomeAt: OutcomeAt = alwaysOk,
): HistoryDocument {
  const now = Date.now();
  const lengthMs = spanMs / buckets;
  const from = Math.ceil(now / lengthMs) * lengthMs - spanMs;
  return {
    version: 1,
    now,
    target,
    spanMs,
    buckets: Array.from({ length: buckets }, (_, index) =>
      bucketOf(from + index * lengthMs, lengthMs, now, baseMs, outcomeAt),
    ),
  };
}

function bucketOf(from: number, lengthMs: number, now: number, baseMs: number, outcomeAt: OutcomeAt): Bucket {
  const counts: Partial<Record<Outcome, number>> = {};
  const rtts: number[] = [];
  let samples = 0;
  for (let at = from; at < Math.min(from + lengthMs, now); at += 1_000) {
    const outcome = outcomeAt(Math.floor((now - at) / 1_000));
    samples += 1;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (isAnswered(outcome)) rtts.push(rttAt(baseMs, Math.floor(at / 1_000)));
  }
  rtts.sort((one, other) => one - other);
  const rank = (share: number) => rtts[Math.ceil(rtts.length * share) - 1] ?? null;
  return {
    from,
    samples,
    outcomes: counts,
    p50Ms: rank(0.5),
    p90Ms: rank(0.9),
    p99Ms: rank(0.99),
    maxMs: rank(1),
  };
}

function isAnswered(outcome: Outcome): boolean {
  return outcome === 'ok' || outcome === 'late' || outcome === 'prober_late';
}

/** Waves of two lengths, a ragged edge and a spike now and then: bounded, uneven, the same on every run. */
function rttAt(baseMs: number, second: number): number {
  const wave = 1 + 0.18 * Math.sin(second / 29 + baseMs) + 0.1 * Math.sin(second / 7.3);
  const ragged = ((second * 7_919) % 101) / 101;
  return baseMs * (wave + 0.9 * ragged ** 6 + ((second + Math.round(baseMs * 37)) % 97 === 0 ? 9 : 0));
}
