import type { DiscoveryStatus, StatusDocument } from '../../src/monitor/status/types.ts';
import { counted, ms } from '../../src/stats/format.ts';
import { type Condition, conditionOf, type WatchedTarget } from '../list/watched-target.ts';
import { conditionWords } from '../words/flow-words.ts';

/**
 * `strained`: everything is up, but a promise is broken. `unsure`: nothing is known to be down, and yet not
 * everything is known to be up.
 */
export type Tone = 'up' | 'down' | 'strained' | 'unsure';

/** A problem, and the names of the targets that have it, in the order of the page. */
export interface Concern {
  readonly label: string;
  readonly names: readonly string[];
  /** False where the names are not those of targets, but of discoveries. */
  readonly hasViews?: boolean;
}

export interface FleetSummary {
  readonly tone: Tone;
  /** `4 of 4 targets up`: the headline, and the title of the browser tab. */
  readonly headline: string;
  readonly concerns: readonly Concern[];
}

/** All targets together, in one sentence. */
export function summaryOf(
  targets: readonly WatchedTarget[],
  { trusted }: Pick<StatusDocument['probe'], 'trusted'>,
  discoveries: readonly DiscoveryStatus[] = [],
): FleetSummary {
  const conditions = targets.map((target) => ({ target, condition: conditionOf(target) }));
  const inCondition = (wanted: Condition) =>
    conditions.filter(({ condition }) => condition === wanted).map(({ target }) => target);
  const up = [...inCondition('up'), ...inCondition('blocked')];
  const violated = up.filter(breaksPromise);
  const broken = (['down', 'leaked', 'old-flow-dead', 'new-flows-fail', 'bad-path'] as const).map(
    (condition) => ({
      label: conditionWords[condition],
      names: inCondition(condition).map(({ name }) => name),
    }),
  );
  const troubles = [
    { label: 'No peers found', found: discoveries.filter(isWithoutPeers) },
    {
      label: 'Addresses not looked up',
      found: discoveries.filter(({ lookup }) => lookup.state === 'failing'),
    },
    { label: 'Too many addresses', found: discoveries.filter(({ omitted }) => omitted > 0) },
  ].map(({ label, found }) => ({ label, names: found.map(({ target }) => target), hasViews: false }));
  const concerns = [
    ...broken,
    { label: 'SLO violated', names: violated.map(({ name }) => name) },
    { label: 'Not proved to be blocked', names: inCondition('untested').map(({ name }) => name) },
    { label: 'Waiting for a first sample', names: inCondition('pending').map(({ name }) => name) },
    ...troubles,
  ].filter(({ names }) => names.length > 0);
  return {
    tone: toneOf({
      trusted,
      anyDown: broken.some(({ names }) => names.length > 0),
      allUp:
        up.length === targets.length && up.length > 0 && troubles.every(({ names }) => names.length === 0),
      anyViolated: violated.length > 0,
    }),
    headline:
      targets.length === 0
        ? `No ${discoveries.length > 0 ? 'peers' : 'targets'} to watch`
        : `${up.length} of ${counted(targets.length, 'target')} ${inCondition('blocked').length > 0 ? 'up or blocked' : 'up'}`,
    concerns,
  };
}

/** The name has no address, or none is known yet and the lookup did not say. */
function isWithoutPeers({ lookup, peers }: DiscoveryStatus): boolean {
  return peers === 0 && lookup.state !== 'pending';
}

export function breaksPromise({ series }: WatchedTarget): boolean {
  return series.some(({ slo }) => slo?.met === false);
}

function toneOf(all: {
  readonly trusted: boolean;
  readonly anyDown: boolean;
  readonly allUp: boolean;
  readonly anyViolated: boolean;
}): Tone {
  if (!all.trusted) return 'unsure';
  if (all.anyDown) return 'down';
  if (!all.allUp) return 'unsure';
  return all.anyViolated ? 'strained' : 'up';
}

/** A sign before the words, because a narrow tab shows nothing else. */
const TITLE_SIGN: Readonly<Record<Tone, string>> = { up: '✓', down: '✕', strained: '!', unsure: '?' };

/** @param subject the name of the shown target, where the tab does not show all */
export function titleOf({ tone, headline }: FleetSummary, subject?: string): string {
  return [`${TITLE_SIGN[tone]} ${headline}`, ...(subject === undefined ? [] : [subject]), 'load probe'].join(
    ' · ',
  );
}

/** Why the figures are not reliable, what that means, and what usually helps. */
export function distrustOf(scheduleLagMs: number): string {
  return (
    `The probe itself ran up to ${ms(scheduleLagMs)} late in the last minute. Until it keeps its schedule ` +
    'again, its figures say nothing about the targets: a slow or lost sample may be its own doing. ' +
    'Usually it has too little CPU; look at its CPU limit and at what else runs on its machine.'
  );
}
