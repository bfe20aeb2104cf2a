import type { Outcome } from '../sampling/outcome.ts';
import type { FailedVerdict, Verdict } from '../sampling/verdict.ts';
import { dialFailure, socketFailure } from './failure.ts';

/** Why a flow that a person opened failed. The set is closed: it is part of the JSON reports. */
export const failureKinds = [
  'dns',
  'refused',
  'unreachable',
  'connect_timeout',
  /** A connect that hangs because the listener does not accept what waits in its queue already. */
  'backlog_full',
  'reset',
  /** FIN before the first byte, or before everything was sent. */
  'closed',
  'read_timeout',
  'write_timeout',
  /** UDP: no answer. */
  'lost',
  /** UDP: more than one datagram holds on the way there. */
  'too_large',
  /** This host itself: no port, file or buffer left. */
  'local',
] as const;

export type FailureKind = (typeof failureKinds)[number];

export interface FlowFailure {
  readonly kind: FailureKind;
  /** What happened, with the address and the system's error code. */
  readonly words: string;
}

/** What a failure makes of a sample. */
export function verdictOf({ kind, words }: FlowFailure): FailedVerdict {
  return { outcome: outcomeOf(kind), detail: words };
}

function outcomeOf(kind: FailureKind): Exclude<Outcome, 'ok'> {
  switch (kind) {
    case 'backlog_full':
      return 'connect_timeout';
    case 'too_large':
      return 'unreachable';
    case 'local':
      return 'prober_late';
    default:
      return kind;
  }
}

/** Of an error that came while a flow was being opened. */
export function failureOfDial(error: Error, peer: string, family: 4 | 6): FlowFailure {
  return failureOf(error, dialFailure(error, peer, family));
}

/** Of an error that came on an open flow. */
export function failureOfFlow(error: Error, peer: string): FlowFailure {
  return failureOf(error, socketFailure(error, peer));
}

function failureOf(error: NodeJS.ErrnoException, verdict: Verdict): FlowFailure {
  if (verdict.outcome === 'ok') throw new Error('an error can be no success', { cause: error });
  return { kind: kindOf(error.code, verdict.outcome), words: verdict.detail };
}

function kindOf(code: string | undefined, outcome: Exclude<Outcome, 'ok'>): FailureKind {
  if (code === 'EMSGSIZE') return 'too_large';
  switch (outcome) {
    case 'refused':
    case 'reset':
    case 'connect_timeout':
    case 'read_timeout':
    case 'unreachable':
      return outcome;
    default:
      // What is left of the classes of errors blames this host, see failure.ts.
      return 'local';
  }
}
