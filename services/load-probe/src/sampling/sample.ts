import type { ClockReading, FlowDeath } from '../monitor/status/types.ts';
import type { FailedAddress } from '../net/each-address.ts';
import type { UdpEngine } from '../net/udp-socket.ts';
import type { Target } from '../targets/target.ts';
import type { Clock } from './clock.ts';
import type { SampleResult } from './outcome.ts';

/**
 * How long past the timeout a sample over UDP or on a sticky flow still waits, so that a slow answer is told from a
 * lost one. A fresh connection is closed with its sample.
 */
export const LATE_GRACE_MS = 1_000;

export const phases = ['dns', 'connect', 'first_byte', 'total'] as const;

/**
 * `dns`: the lookup of a name. `connect`: the TCP handshake. `first_byte`: from there to the first byte of the
 * answer. `total`: from the start of the sample to the complete answer.
 */
export type Phase = (typeof phases)[number];

/** How long each phase that came to its end took, milliseconds. */
export type PhaseTimes = Partial<Record<Phase, number>>;

/** One attempt: what a prober is given. */
export interface Attempt {
  readonly target: Target;
  /** A random number of the probe's start. */
  readonly run: number;
  readonly sequence: number;
  /** When the attempt began and when its time is over, milliseconds of the clock. */
  readonly startMs: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly udp: UdpEngine;
  /** Aborted when the probe stops: the prober closes what it opened and rejects with the reason. */
  readonly signal: AbortSignal;
}

/** What a prober makes of an attempt. */
export interface Reading {
  readonly result: SampleResult;
  /** When the complete answer was here or the failure known, milliseconds of the clock. */
  readonly endMs: number;
  readonly phases: PhaseTimes;
  /** Fresh flows over UDP: how many more answers came, once the flow is closed. */
  readonly duplicates?: Promise<number>;
  /** Where the answer tells the time of the target. */
  readonly clock?: ClockReading;
  /** Addresses that were tried before the one that worked. */
  readonly failed?: readonly FailedAddress[];
}

export type Prober = (attempt: Attempt) => Promise<Reading>;

/** Is told what happens on a target's flow beside the samples. Nothing here may throw. */
export interface FlowEvents {
  /** A reply was received more than once. */
  duplicate(): void;
  died(death: FlowDeath): void;
}

/** What takes one target's samples. */
export interface OpenProber {
  readonly probe: Prober;
  /** Closes what outlives a sample. */
  close(): void;
}
