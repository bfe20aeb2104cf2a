/** The JSON behind the status page: stable, versioned, the same in `/api/targets` and in the event stream. */

import type { Outcome } from '../../sampling/outcome.ts';
import type { SweepReport } from '../../sampling/sweep/sweep-tally.ts';
import type { ClockReading } from '../../stats/clock-filter.ts';
import type { Bucket, SamplePoint } from '../../stats/history.ts';
import type { Leak } from '../../stats/leaks.ts';
import type { ResponderCount } from '../../stats/responder-tally.ts';

export type { Bucket, ClockReading, Leak, ResponderCount, SamplePoint, SweepReport };

export const STATUS_VERSION = 2;

export interface FailureNote {
  readonly at: number;
  readonly outcome: Outcome;
  /** What happened in words, with the address and the system's error code. */
  readonly detail: string;
}

/**
 * `up`: the last sample was ok. `down`: it was not. `pending`: there is none yet. A target that must be blocked is
 * `blocked`, `leaked` or `untested`, as its last sample was.
 */
export type TargetState = 'up' | 'down' | 'pending' | 'blocked' | 'leaked' | 'untested';

/** Lost samples by direction; the direction of others is not known. */
export interface LossCounts {
  /** The target did not receive the request. */
  readonly forward: number;
  /** The target did, and its reply was lost. */
  readonly return: number;
}

/** How a sticky flow ended. */
export type FlowDeathCause = 'fin' | 'reset' | 'timeout' | 'refused' | 'unreachable' | 'error';

export interface FlowDeath {
  readonly at: number;
  readonly ageMs: number;
  readonly cause: FlowDeathCause;
}

/** A sticky flow went over to another responder, though it was not opened again. */
export interface AffinityBreak {
  readonly at: number;
  /** What both told: `pod=echo-7d9f node=n1`. */
  readonly from: string;
  readonly to: string;
}

/** Who answered, since the start of the probe. */
export interface RespondersStatus {
  /** Answers that told who gave them. */
  readonly known: number;
  /** Most frequent first, at most 64. */
  readonly responders: readonly ResponderCount[];
  /** Answers of further ones. */
  readonly other: number;
  /** Answers that did not tell, and why the last one did not. */
  readonly unknown: number;
  readonly unknownDetail: string | null;
}

/** An address of a target's name that failed while another one worked, the last time it did. */
export interface AddressNote {
  readonly at: number;
  readonly address: string;
  /** What happened in words. */
  readonly detail: string;
}

/** What went wrong with a sample that was ok in spite of it. */
export interface SampleNote {
  /** The due time, as of the sample in `GET /api/targets/:id`. */
  readonly at: number;
  /** What happened in words. */
  readonly detail: string;
}

/** The SYN of the last connection whose SYN the target told. */
export interface SynNote {
  readonly at: number;
  /** What was changed on its way, in words. */
  readonly changes: readonly string[];
  /** Routers on the way; null = not known. */
  readonly hops: number | null;
  /** As it was received. */
  readonly dscp: number;
}

/** The mark of the last sample whose mark the target told. */
export interface MarkNote {
  readonly at: number;
  /** What was changed on its way, in words. */
  readonly changes: readonly string[];
  /** As the request was received. */
  readonly dscp: number;
  /** As the reply was received; null = not known. */
  readonly replyDscp: number | null;
}

/** The SLO of a target, over the window of its status. */
export interface SloStatus {
  /** Maximum share of samples that may be lost, 0 to 1; null = no limit. */
  readonly maxLossRatio: number | null;
  readonly maxP99Ms: number | null;
  /** null = not enough measured: less than half of the samples measured the target. */
  readonly met: boolean | null;
}

/** The result of the last lookup of a name. */
export type LookupStatus =
  | { readonly state: 'pending' }
  | { readonly state: 'answered' }
  /** The peers of these families, `IPv4` and `IPv6`, are those of the last answer. */
  | {
      readonly state: 'failing';
      readonly since: number;
      readonly families: readonly string[];
      readonly reason: string;
    };

/** A target whose addresses are looked up regularly; each address is a peer. */
export interface DiscoveryStatus {
  /** Its name, which its peers have too. */
  readonly target: string;
  readonly url: string;
  readonly intervalMs: number;
  readonly peers: number;
  /** Addresses that are not probed, because there are too many. */
  readonly omitted: number;
  readonly lookup: LookupStatus;
}

/** One series of samples: a target has one for each of its flows, and of its peers, with the same name. */
export interface TargetStatus {
  /** Unique among series: the target's name, then ` @ ADDRESS` of a peer, then ` (sticky)` for the sticky one of two. */
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** The address of a target that was discovered. */
  readonly peer: string | null;
  readonly protocol: string;
  readonly flow: 'fresh' | 'sticky' | 'sweep';
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly state: TargetState;
  /** When the state last changed, milliseconds since the Unix epoch; null while pending. */
  readonly since: number | null;
  /** The last minute. */
  readonly window: {
    readonly seconds: number;
    readonly samples: number;
    readonly ok: number;
    /** 0 to 1; the share of samples that are not ok, or not blocked where they must be, those the prober itself delayed left out. */
    readonly lossRatio: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
    /** UDP: percentiles of the round trip between the kernel's timestamps; null without them. */
    readonly wireP50Ms: number | null;
    readonly wireP99Ms: number | null;
    /** STAMP: percentiles of the time that the reflector took; null without it. */
    readonly reflectorP50Ms: number | null;
    readonly reflectorP99Ms: number | null;
    /** How much the round-trip time changes from one sample to the next; null with fewer than two. */
    readonly jitterMs: number | null;
    readonly duplicates: number;
    readonly reordered: number;
    /** Median of each phase that occurred, milliseconds. */
    readonly phasesMs: Readonly<Partial<Record<'dns' | 'connect' | 'first_byte' | 'total', number>>>;
  };
  readonly clock: ClockReading | null;
  readonly slo: SloStatus | null;
  /** Targets that must be blocked; null for others. */
  readonly expect: 'blocked' | null;
  /** The id of the series that has to pass meanwhile; null for others. */
  readonly control: string | null;
  /** Targets that must be blocked: when samples got through, oldest first, at most the last 100; null for others. */
  readonly leaks: readonly Leak[] | null;
  /** Sticky flows: newest first, at most 10. */
  readonly flowDeaths: readonly FlowDeath[];
  /** One for each address, newest first, at most 10. */
  readonly failedAddresses: readonly AddressNote[];
  /** TCP: samples that were ok though segments were sent again; newest first, at most 10. */
  readonly notes: readonly SampleNote[];
  /** Targets with `syn`; null before the first one. */
  readonly syn: SynNote | null;
  /** STAMP targets with `dscp`; null before the first one. */
  readonly mark: MarkNote | null;
  /** Sweeps; null before the first verdict, and for other flows. */
  readonly sweep: SweepReport | null;
  /** Samples since the start of the probe, by outcome; every outcome is present. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Sticky flows of STAMP: since the start of the probe, where the direction is known; null for others. */
  readonly lost: LossCounts | null;
  /** Targets that may tell who answers: STAMP, and sessions with `who`; null for others. */
  readonly responders: RespondersStatus | null;
  /** Sticky flows of STAMP: how often the flow went over to another responder, and the last time; null for others. */
  readonly affinityBreaks: { readonly count: number; readonly last: AffinityBreak | null } | null;
  /** Newest first, at most 10. */
  readonly failures: readonly FailureNote[];
}

/** The targets file, which is read again when it changes. */
export interface TargetsFileStatus {
  readonly path: string;
  /** When the targets were last read from it, milliseconds since the Unix epoch. */
  readonly readAt: number;
  /** Why the file can't be used now, one line each; the targets stay those of `readAt`. Empty = it can be used. */
  readonly problems: readonly string[];
}

export interface ProbeStatus {
  readonly version: string;
  /** The name of the machine or container that the probe runs on. */
  readonly host: string;
  /** Where it is; null = not known. */
  readonly node: string | null;
  readonly zone: string | null;
  /** Random, the same as long as the probe runs. */
  readonly run: string;
  /** `HOST:PORT`, a name with the addresses of all probes of a mesh; null where this one is in none. */
  readonly mesh: string | null;
  readonly startedAt: number;
  /** False when the prober itself was late in the last minute. */
  readonly trusted: boolean;
  /** The longest delay between a sample's due time and its start in the last minute, milliseconds. */
  readonly scheduleLagMs: number;
  /** Null where the targets come from no file. */
  readonly targetsFile: TargetsFileStatus | null;
}

/** `GET /api/targets`, and the `status` event of `GET /api/events`, sent once a second. */
export interface StatusDocument {
  readonly version: typeof STATUS_VERSION;
  readonly now: number;
  readonly probe: ProbeStatus;
  readonly targets: readonly TargetStatus[];
  readonly discoveries: readonly DiscoveryStatus[];
}

/**
 * The `buckets` event of `GET /api/events`, by series id: buckets of a second. A bucket replaces an earlier bucket of the
 * same second. First come the last ten minutes, then the seconds that changed. Peers are left out: there may be hundreds.
 */
export interface BucketsDocument {
  readonly version: typeof STATUS_VERSION;
  readonly buckets: Readonly<Record<string, readonly Bucket[]>>;
}

/** `GET /api/targets/:id?span=10m|1h|6h&buckets=N`: one series with its history in N equal buckets, oldest first. */
export interface HistoryDocument {
  readonly version: typeof STATUS_VERSION;
  readonly now: number;
  readonly target: TargetStatus;
  readonly spanMs: number;
  readonly buckets: readonly Bucket[];
}

/** `GET /api/targets/:id`: one target with its recent samples, oldest first. */
export interface TargetDocument {
  readonly version: typeof STATUS_VERSION;
  readonly now: number;
  readonly target: TargetStatus;
  readonly samples: readonly SamplePoint[];
}
