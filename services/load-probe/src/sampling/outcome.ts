/**
 * What became of one sample. The set is closed: it is a metric label, and every sample gets exactly one.
 */
export const outcomes = [
  /** The right answer in time. */
  'ok',
  /** The right answer after the timeout. */
  'late',
  /** UDP, and sticky flows that answered later samples: no answer. */
  'lost',
  /** Another answer than the right one. */
  'corrupt',
  /** The beginning of the right answer only. */
  'truncated',
  /** A line that is no time, or not in the format asked for. */
  'malformed',
  /** Nothing listens there: RST to our SYN, or ICMP port unreachable. */
  'refused',
  /** RST in the middle of the exchange. */
  'reset',
  /** FIN in the middle of the exchange. */
  'closed',
  /** ICMP host or network unreachable, or no route. */
  'unreachable',
  /** The name has no address, or the resolver does not answer. */
  'dns',
  'connect_timeout',
  'read_timeout',
  'write_timeout',
  /** The probe itself was late; says nothing about the target. */
  'prober_late',
] as const;

export type Outcome = (typeof outcomes)[number];

/** What one attempt came to, as far as it can be told without the clock of its schedule. */
export type SampleResult = { readonly outcome: 'ok' } | FailedResult;

export interface FailedResult {
  readonly outcome: Exclude<Outcome, 'ok'>;
  /** What happened in words, with the address and the system's error code. */
  readonly detail: string;
}

export function bytesReturned(returned: number, sent: number): string {
  return `the first ${returned} of ${sent} bytes`;
}
