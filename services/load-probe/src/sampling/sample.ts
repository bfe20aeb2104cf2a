import type { IpAddress } from '@echo-daytime/addresses';
import type { TcpInfo } from '@echo-daytime/linux';
import type { AffinityBreak, ClockReading, FlowDeath } from '../monitor/status/types.ts';
import type { FailedAddress } from '../net/each-address.ts';
import type { MarkReport } from '../net/mark-changes.ts';
import type { SynReport } from '../net/syn-changes.ts';
import type { TcpStats } from '../net/tcp-socket.ts';
import type { UdpEngine } from '../net/udp-socket.ts';
import type { WhoReport } from '../payload/who-line.ts';
import type { Target } from '../targets/target.ts';
import type { Clock } from './clock.ts';
import type { Outcome, SampleResult } from './outcome.ts';
import type { LossDirection, RequestEnd } from './sticky/loss-direction.ts';
import type { SweepReport } from './sweep/sweep-tally.ts';

/**
 * How long after the timeout a sample over UDP or on a sticky flow still waits, to tell a slow reply from a lost one. A
 * fresh connection is closed at the timeout.
 */
export const LATE_GRACE_MS = 1_000;
/** How long a fresh flow over UDP stays open after its answer to see whether another one comes. */
export const DUPLICATE_WINDOW_MS = 250;

/** How long a session target may take to tell of a connection: it has just replied to a sample. Milliseconds. */
export const MAX_ASKED_MS = 1_000;

export const phases = ['dns', 'connect', 'first_byte', 'total'] as const;

/**
 * `dns`: the lookup of a name. `connect`: the TCP handshake. `first_byte`: from there to the first byte of the reply.
 * `total`: from the start of the sample to the complete reply.
 */
export type Phase = (typeof phases)[number];

/** Duration of each completed phase, milliseconds. */
export type PhaseTimes = Partial<Record<Phase, number>>;

/** One attempt to take a sample. */
export interface Attempt {
  readonly target: Target;
  /** A random number, drawn at the start of the probe. */
  readonly run: number;
  readonly sequence: number;
  /** Start and deadline of the attempt, milliseconds of the clock. */
  readonly startMs: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly udp: UdpEngine;
  /** Sticky sessions: the target is asked for the SYN of the flow, and not for the time. */
  readonly asks?: 'syn';
  /** Sweeps: the source port; one that the system chooses where it is undefined. */
  readonly localPort?: number | undefined;
  /** Sweeps: which of the addresses of the host the flow goes to. */
  readonly pickAddress?: (addresses: readonly IpAddress[]) => IpAddress;
  /** Undefined where the kernel can't be asked for its knowledge of TCP connections. */
  readonly tcpInfo?: TcpInfo | undefined;
  /** Aborted when the probe stops: the prober closes what it opened and rejects with the reason. */
  readonly signal: AbortSignal;
}

/** The result of an attempt. */
export interface Reading {
  readonly result: SampleResult;
  /** When the reply was complete or the failure known, milliseconds of the clock. */
  readonly endMs: number;
  readonly phases: PhaseTimes;
  /** UDP: between the kernel's timestamps of the request and of the right reply, milliseconds; absent where unknown. */
  readonly wireMs?: number;
  /** STAMP: the time that the reflector took for the right reply, by its own clock. Milliseconds. */
  readonly reflectorMs?: number;
  /** Sticky flows of STAMP: has to be told what became of the request. */
  readonly ended?: ((end: RequestEnd) => void) | undefined;
  /** Sweeps: has to be told what the sample came to. */
  readonly judged?: (outcome: Outcome) => void;
  /** TCP: what the kernel knows of the connection. */
  readonly tcp?: TcpStats | undefined;
  /** Fresh flows over UDP: number of duplicate replies, known when the flow is closed. */
  readonly duplicates?: Promise<number>;
  /** Targets with `syn` or `who`, and STAMP: what the target told beside; a session does so soon after. */
  readonly told?: ToldConnection | Promise<ToldConnection>;
  /** The target's clock, where the reply contains it. */
  readonly clock?: ClockReading;
  /** Addresses that were tried before the one that worked. */
  readonly failed?: readonly FailedAddress[];
}

/** What a session or a STAMP reflector told beside the answer of a sample; without what it was not asked. */
export interface ToldConnection {
  /** What became of its SYN. */
  readonly syn?: SynReport;
  /** What became of the mark of the sample. */
  readonly mark?: MarkReport;
  /** Who answered. */
  readonly who?: WhoReport;
}

export type Prober = (attempt: Attempt) => Promise<Reading>;

/** Events on a target's flow beside the samples. Handlers must not throw. */
export interface FlowEvents {
  /** A reply was received more than once. */
  duplicate(): void;
  /** STAMP: one more sample that was lost is known to be lost in this direction; which one may be unknown. */
  lossFound?(direction: LossDirection): void;
  /** STAMP: another responder than the one before answered on the same flow. */
  affinityBroken?(change: AffinityBreak): void;
  died(death: FlowDeath): void;
  /** Sweeps: what is known of the source ports by now. */
  swept?(report: SweepReport): void;
}

/** Takes the samples of one target. */
export interface OpenProber {
  readonly probe: Prober;
  /** Closes the flow that the samples share. */
  close(): void;
}
