/** The JSON behind the status page: stable, versioned, the same in `/api/targets` and in the event stream. */

import type { Outcome } from './outcome.ts';

export const STATUS_VERSION = 1;

/** One sample as the page draws it. */
export interface SamplePoint {
  /** When the sample was due, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly outcome: Outcome;
  /** From the due time to the complete answer, milliseconds; null where none came. */
  readonly rttMs: number | null;
}

export interface FailureNote {
  readonly at: number;
  readonly outcome: Outcome;
  /** What happened in words, with the address and the system's error code. */
  readonly detail: string;
}

/** `up`: the last sample was ok. `down`: it was not. `pending`: there is none yet. */
export type TargetState = 'up' | 'down' | 'pending';

export interface TargetStatus {
  readonly name: string;
  readonly url: string;
  readonly protocol: string;
  readonly flow: 'fresh' | 'sticky';
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
    /** 0 to 1; the share of samples that are not ok, those the prober itself delayed left out. */
    readonly lossRatio: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  };
  /** Samples since the start of the probe, by outcome; every outcome is present. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Newest first, at most 10. */
  readonly failures: readonly FailureNote[];
}

export interface ProbeStatus {
  readonly version: string;
  readonly startedAt: number;
  /** False when the prober itself ran late in the last minute; its figures then say nothing about targets. */
  readonly trusted: boolean;
  /** The longest delay between a sample's due time and its start in the last minute, milliseconds. */
  readonly scheduleLagMs: number;
}

/** `GET /api/targets`, and the `status` event of `GET /api/events`, sent once a second. */
export interface StatusDocument {
  readonly version: typeof STATUS_VERSION;
  readonly now: number;
  readonly probe: ProbeStatus;
  readonly targets: readonly TargetStatus[];
}

/** The `samples` event of `GET /api/events`: what is new since the last one; at first the recent history. */
export interface SamplesDocument {
  readonly version: typeof STATUS_VERSION;
  readonly samples: Readonly<Record<string, readonly SamplePoint[]>>;
}

/** `GET /api/targets/:name`: one target with its recent samples, oldest first. */
export interface TargetDocument {
  readonly version: typeof STATUS_VERSION;
  readonly now: number;
  readonly target: TargetStatus;
  readonly samples: readonly SamplePoint[];
}
