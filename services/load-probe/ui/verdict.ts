import type { StatusDocument } from '../src/status.ts';
import { countOf, latency } from './words.ts';

/** `unsure`: nothing is known to be down, and yet not everything is known to be up. */
export type Tone = 'up' | 'down' | 'unsure';

export interface Verdict {
  readonly tone: Tone;
  /** `4 of 4 targets up`: the headline, and the title of the browser tab. */
  readonly headline: string;
  /** Names of the targets that are down, in the order of the page. */
  readonly down: readonly string[];
  /** Names of the targets without a sample yet. */
  readonly pending: readonly string[];
}

/** The whole fleet in one sentence. */
export function verdictOf({ probe, targets }: Pick<StatusDocument, 'probe' | 'targets'>): Verdict {
  const named = (state: string) => targets.filter((t) => t.state === state).map((t) => t.name);
  const down = named('down');
  const pending = named('pending');
  const up = targets.length - down.length - pending.length;
  const headline =
    targets.length === 0 ? 'No targets to watch' : `${up} of ${countOf(targets.length, 'target')} up`;
  return {
    tone: toneOf(down.length, up === targets.length && up > 0, probe.trusted),
    headline,
    down,
    pending,
  };
}

function toneOf(down: number, allUp: boolean, trusted: boolean): Tone {
  if (!trusted) return 'unsure';
  if (down > 0) return 'down';
  return allUp ? 'up' : 'unsure';
}

/** A sign before the words, because a narrow tab shows nothing else. */
const TITLE_SIGN: Readonly<Record<Tone, string>> = { up: '✓', down: '✕', unsure: '?' };

export function titleOf({ tone, headline }: Verdict): string {
  return `${TITLE_SIGN[tone]} ${headline} · load probe`;
}

/** Why the figures must not be believed, what that means, and what usually helps. */
export function distrustOf(scheduleLagMs: number): string {
  return (
    `The probe itself ran up to ${latency(scheduleLagMs)} late in the last minute. Until it keeps its schedule ` +
    'again, its figures say nothing about the targets: a slow or lost sample may be its own doing. ' +
    'Usually it has too little CPU; look at its CPU limit and at what else runs on its machine.'
  );
}
