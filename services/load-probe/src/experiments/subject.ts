import type { IpAddress } from '@echo-daytime/addresses';
import type { Experiment, Need, Observation } from '@echo-daytime/diagnosis';
import type { TcpInfo } from '@echo-daytime/linux';
import type { UdpEngine } from '../net/udp-socket.ts';
import type { Clock } from '../sampling/clock.ts';
import type { TargetSpec } from '../targets/target.ts';
import type { Taken } from './taken-samples.ts';

/** Figures of the fault beside its cause, as far as an experiment has found them. */
export interface FaultDetails {
  direction?: 'forward' | 'return' | 'both';
  /** The router at which the traffic ends, or that rejects it. */
  hop?: string;
  /** Source ports that fare worse. */
  ports?: readonly number[];
}

/** What is diagnosed, and what experiments share. */
export interface Subject {
  readonly target: TargetSpec;
  /** What samples are sent to: the held address, where one is known. */
  readonly host: string;
  readonly clock: Clock;
  readonly udp: UdpEngine;
  readonly tcpInfo: TcpInfo | undefined;
  readonly signal: AbortSignal;
  /** Packets a second that all series of an experiment send together, at most. */
  readonly maxRate: number;
  /** What the target and this host offer; grows as more is known. */
  readonly offers: Set<Need>;
  /** Of the name, or the target's own. */
  addresses: readonly IpAddress[];
  /** The one that all experiments hold. */
  address: IpAddress | undefined;
  /** The port of a STAMP reflector at the host. */
  reflectorPort?: number;
  /** The samples of `fresh`. */
  fresh?: Taken;
  readonly details: FaultDetails;
}

/** Does an experiment; gives the answers that it found. @throws the signal's reason when aborted */
export type RunExperiment = (subject: Subject) => Promise<readonly Observation[]>;

export type RunExperiments = Readonly<Record<Experiment, RunExperiment>>;
