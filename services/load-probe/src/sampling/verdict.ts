import type { Outcome } from './outcome.ts';

/** What one attempt came to, as far as it can be told without the clock of its schedule. */
export type Verdict = { readonly outcome: 'ok' } | FailedVerdict;

export interface FailedVerdict {
  readonly outcome: Exclude<Outcome, 'ok'>;
  /** What happened in words, with the address and the system's error code. */
  readonly detail: string;
}

export function bytesReturned(returned: number, sent: number): string {
  return `the first ${returned} of ${sent} bytes`;
}

/** A failed sample as `eachAddress` takes it. */
export interface SampleFailure {
  readonly outcome: FailedVerdict['outcome'];
  readonly words: string;
}

export function failureOf(verdict: Verdict): SampleFailure {
  if (verdict.outcome === 'ok') throw new Error('a success can be no failure');
  return { outcome: verdict.outcome, words: verdict.detail };
}
