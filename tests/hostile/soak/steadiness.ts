import type { Member, Sample } from './fleet.ts';
import { lowerEnvelope, type Trend, trendOf } from './trend.ts';

/** Caches, compiled code and heaps grow to their size in the first part of a run. */
const WARM_UP_SHARE = 0.2;
const WINDOW_SECONDS = 60;
const MIB = 1024 ** 2;

/** A resource that must not grow. */
export interface Gauge {
  readonly name: string;
  read(sample: Sample): number;
  /** Maximum rise per hour. A rise that is faster with 95 % confidence is a leak. */
  readonly limitPerHour: number;
}

/**
 * A leak of one object per exchange would add more than this within an hour even at the soak's moderate load: tens of
 * exchanges a second are more than 100,000 an hour.
 */
export const gauges: Readonly<Record<'rss' | 'heap' | 'descriptors' | 'handles', Gauge>> = {
  rss: { name: 'RSS, MiB', read: ({ rssBytes }) => rssBytes / MIB, limitPerHour: 4 },
  heap: { name: 'heap, MiB', read: ({ heapBytes }) => heapBytes / MIB, limitPerHour: 2 },
  descriptors: { name: 'descriptors', read: ({ descriptors }) => descriptors, limitPerHour: 4 },
  handles: { name: 'handles', read: ({ handles }) => handles, limitPerHour: 4 },
};

/** The readings of one gauge of one process under load, without the warm-up. */
export interface Course {
  readonly start: number;
  readonly end: number;
  /** Undefined where the run was too short. */
  readonly trend: Trend | undefined;
}

export function courseOf({ samples }: Pick<Member, 'samples'>, gauge: Gauge): Course {
  const from = (samples.at(-1)?.seconds ?? 0) * WARM_UP_SHARE;
  const readings = samples
    .filter(({ seconds }) => seconds >= from)
    .map((sample) => ({ seconds: sample.seconds, value: gauge.read(sample) }));
  const envelope = lowerEnvelope(readings, WINDOW_SECONDS);
  const shown = envelope.length > 1 ? envelope : readings;
  return { start: shown[0]?.value ?? 0, end: shown.at(-1)?.value ?? 0, trend: trendOf(envelope) };
}

/** The leaks, a sentence each. */
export function leaksOf(member: Pick<Member, 'name' | 'samples'>): string[] {
  return Object.values(gauges).flatMap((gauge) => {
    const { trend } = courseOf(member, gauge);
    if (!trend || trend.low <= gauge.limitPerHour) return [];
    return [
      `${member.name}: ${gauge.name} rises by ${bounds(trend)} an hour, more than ${gauge.limitPerHour}`,
    ];
  });
}

/** Gauges so noisy that a leak could be hidden, a sentence each. */
export function undecidedOf(member: Pick<Member, 'name' | 'samples'>): string[] {
  return Object.values(gauges).flatMap((gauge) => {
    const { trend } = courseOf(member, gauge);
    if (!trend || trend.low > gauge.limitPerHour || trend.high <= 2 * gauge.limitPerHour) return [];
    return [
      `${member.name}: ${gauge.name} may rise by more than ${gauge.limitPerHour} an hour: ${bounds(trend)}`,
    ];
  });
}

function bounds({ low, high }: Trend): string {
  return `${low.toFixed(1)} to ${high.toFixed(1)}`;
}
