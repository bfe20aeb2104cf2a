import type { Outcome } from '../../src/sampling/outcome.ts';

/** The kinds of outcomes in the strip; each has its colour in theme.css. */
export type Family = 'good' | 'slow' | 'silent' | 'cut' | 'wrong' | 'nowhere' | 'probe';

export interface OutcomeWords {
  readonly label: string;
  readonly meaning: string;
  readonly family: Family;
}

export const familyWords: Readonly<Record<Family, string>> = {
  good: 'ok, or blocked',
  slow: 'late, or untested',
  silent: 'no answer',
  cut: 'refused or cut',
  wrong: 'wrong answer, or leaked',
  nowhere: 'no route or name',
  probe: 'probe late',
};

export const outcomeWords: Readonly<Record<Outcome, OutcomeWords>> = {
  ok: { label: 'ok', family: 'good', meaning: 'the right answer in time' },
  late: { label: 'late', family: 'slow', meaning: 'the right answer after the timeout' },
  lost: { label: 'lost', family: 'silent', meaning: 'no answer' },
  corrupt: { label: 'corrupt', family: 'wrong', meaning: 'another answer than the right one' },
  truncated: { label: 'truncated', family: 'wrong', meaning: 'only the beginning of the answer' },
  malformed: { label: 'malformed', family: 'wrong', meaning: 'no time, or in another format' },
  refused: { label: 'refused', family: 'cut', meaning: 'nothing listens there' },
  reset: { label: 'reset', family: 'cut', meaning: 'RST in the middle of the exchange' },
  closed: { label: 'closed', family: 'cut', meaning: 'FIN in the middle of the exchange' },
  unreachable: { label: 'unreachable', family: 'nowhere', meaning: 'no route to the host or network' },
  dns: { label: 'dns', family: 'nowhere', meaning: 'the name has no address' },
  connect_timeout: { label: 'connect timeout', family: 'silent', meaning: 'no connection in time' },
  read_timeout: { label: 'read timeout', family: 'silent', meaning: 'connected, but no answer in time' },
  write_timeout: { label: 'write timeout', family: 'silent', meaning: 'the peer does not take our bytes' },
  blocked: { label: 'blocked', family: 'good', meaning: 'nothing got through, while the control passed' },
  leaked: {
    label: 'leaked',
    family: 'wrong',
    meaning: 'something got through to a target that must be blocked',
  },
  untested: {
    label: 'untested',
    family: 'slow',
    meaning: 'nothing got through, which proves nothing: the control failed too',
  },
  prober_late: {
    label: 'probe late',
    family: 'probe',
    meaning: 'the probe was late: says nothing about the target',
  },
};

/** Every outcome, in the order the page lists them. */
export const allOutcomes = Object.keys(outcomeWords) as readonly Outcome[];

const blockedOutcomes: readonly Outcome[] = ['blocked', 'leaked', 'untested'];

/** The outcomes that a target can have. Those that must be blocked have three of their own. */
export function outcomesOf(expect: 'blocked' | null): readonly Outcome[] {
  if (expect) return [...blockedOutcomes, 'prober_late'];
  return allOutcomes.filter((outcome) => !blockedOutcomes.includes(outcome));
}

/** True where the target is not as it should be, and the probe itself was not late. */
export function isFailure(outcome: Outcome): boolean {
  const { family } = outcomeWords[outcome];
  return family !== 'good' && family !== 'probe';
}
