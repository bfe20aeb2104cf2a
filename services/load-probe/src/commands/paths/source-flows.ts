import type { IpAddress } from '@echo-daytime/addresses';
import { type FlowFailure, refusalWords } from '../../net/failure.ts';
import type { Clock } from '../../sampling/clock.ts';
import type { StallWatch } from '../../sampling/stall-watch.ts';
import type { TargetSpec } from '../../targets/target.ts';

/** What became of samples. */
export interface SourceEvents {
  answered(port: number): void;
  /** @param why in words, the same for all samples that failed in the same way */
  lost(port: number, why: string): void;
  /** The probe was stalled during the sample, which tells nothing. */
  stalled(port: number): void;
  /** Nothing was sent, for a reason of this host. */
  unsent(port: number, why: string): void;
  /** Another socket of this host has the port. */
  taken(port: number, why: string): void;
}

/** Sends samples from given source ports. */
export interface SourceFlows {
  /** Whether a sample of the port has to end before the next one. */
  isBusy(port: number): boolean;
  send(port: number): void;
  /** Ends the samples under way, without an event. */
  close(): void;
}

export interface FlowsOptions {
  readonly target: TargetSpec;
  readonly address: IpAddress;
  readonly timeoutMs: number;
  readonly sizeBytes: number;
  readonly clock: Clock;
  readonly stalls: StallWatch;
  readonly events: SourceEvents;
}

/** Why a sample is lost. A firewall that refuses some ports does it in the name of the target. */
export function lossDetail({ detail, icmp, kind }: FlowFailure, remote: string, messages: string): string {
  const isOther = icmp !== undefined && icmp.from !== 'target';
  return kind === 'refused' && !isOther ? `${refusalWords(remote)} (${messages})` : detail;
}
