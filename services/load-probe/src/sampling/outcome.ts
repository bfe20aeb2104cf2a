import type { TcpStats } from '../net/tcp-socket.ts';

/** The outcomes of a sample. The set is closed, because it is a metric label. Every sample has exactly one. */
export const outcomes = [
  /** The right reply in time. */
  'ok',
  /** The right reply after the timeout. */
  'late',
  /** No reply over UDP, or on a sticky flow that replied to later samples. */
  'lost',
  /** A wrong reply. */
  'corrupt',
  /** Only the beginning of the right reply. */
  'truncated',
  /** A line that is no time, or not in the requested format. */
  'malformed',
  /** Nothing listens on the port: RST to our SYN, or ICMP port unreachable. */
  'refused',
  /** RST during the exchange. */
  'reset',
  /** FIN during the exchange. */
  'closed',
  /** ICMP host or network unreachable, or no route. */
  'unreachable',
  /** The name has no address, or the resolver does not answer. */
  'dns',
  'connect_timeout',
  'read_timeout',
  'write_timeout',
  /** The probe itself was late, so the sample proves nothing about the target. */
  'prober_late',
  /** Targets that must be blocked: nothing got through, while the control passed. */
  'blocked',
  /** Targets that must be blocked: something got through. */
  'leaked',
  /** Targets that must be blocked: nothing got through, which proves nothing: the control failed too. */
  'untested',
] as const;

export type Outcome = (typeof outcomes)[number];

/** Whether the sample was as it should be: ok, or blocked where it must be. */
export function isRight(outcome: Outcome): boolean {
  return outcome === 'ok' || outcome === 'blocked';
}

/** The outcomes of samples that must be blocked; others have none of the first three. */
export const blockedOutcomes = ['blocked', 'leaked', 'untested', 'prober_late'] as const;

/** The result of one attempt, before its schedule decides whether the probe was late. */
export type SampleResult = { readonly outcome: 'ok' } | FailedResult;

export interface FailedResult {
  readonly outcome: Exclude<Outcome, 'ok'>;
  /** The cause as a sentence, with the address and the system's error code. */
  readonly detail: string;
  /** Another flow of this host has the source port that was asked for. */
  readonly isPortTaken?: true;
  /** A connect over TCP: what the kernel knows of it. */
  readonly tcp?: TcpStats | undefined;
}

export function bytesReturned(returned: number, sent: number): string {
  return `the first ${returned} of ${sent} bytes`;
}
