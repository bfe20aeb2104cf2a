import { type Outcome, outcomes } from '../src/outcome.ts';
import type { ProbeStatus, SamplePoint, StatusDocument, TargetStatus } from '../src/status.ts';

/** A target that is well; what a test is about goes into `changes`. */
export function targetStatus(name: string, changes: Partial<TargetStatus> = {}): TargetStatus {
  return {
    name,
    url: `echo+udp://10.0.3.17:7007`,
    protocol: 'echo+udp',
    flow: 'fresh',
    intervalMs: 1_000,
    timeoutMs: 2_000,
    state: 'up',
    since: Date.now() - 3 * 3_600_000,
    window: { seconds: 60, samples: 60, ok: 60, lossRatio: 0, p50Ms: 0.418, p99Ms: 1.93 },
    outcomes: outcomeCounts({ ok: 11_520 }),
    failures: [],
    ...changes,
  };
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
): StatusDocument {
  const now = Date.now();
  return {
    version: 1,
    now,
    probe: { version: '1.2.3', startedAt: now - 3 * 3_600_000, trusted: true, scheduleLagMs: 1.4, ...probe },
    targets,
  };
}

/** One sample a second for ten minutes up to now; `outcomeAt` is asked by the age in seconds. */
export function tenMinutes(baseMs: number, outcomeAt: (age: number) => Outcome = () => 'ok'): SamplePoint[] {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  return Array.from({ length: 600 }, (_, index) => {
    const age = 599 - index;
    const outcome = outcomeAt(age);
    const answered = outcome === 'ok' || outcome === 'late' || outcome === 'prober_late';
    // Waves of two lengths and a spike now and then: bounded, uneven, the same on every run.
    const wave = 1 + 0.18 * Math.sin(index / 9) + 0.1 * Math.sin(index / 2.3);
    const rttMs = baseMs * (wave + (index % 97 === 0 ? 1.6 : 0));
    return { at: now - age * 1_000, outcome, rttMs: answered ? rttMs : null };
  });
}
