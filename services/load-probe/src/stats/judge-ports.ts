import { chanceOfAtLeast, shareOf } from './binomial.ts';
import { classesOf, type PortClass, type PortTally } from './port-classes.ts';

/**
 * `clean`: nothing was lost. `uniform`: as far as the samples can tell, all ports lose alike, if only everything.
 * `dead`: some ports lose everything, others do not. `lossy`: some ports lose more than others.
 */
export const pathVerdicts = ['clean', 'dead', 'lossy', 'uniform'] as const;

/** A share of the ports, from 0 to 1, with its exact interval. */
export interface PortFraction {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface JudgedPorts {
  readonly verdict: (typeof pathVerdicts)[number];
  /** Ports that lose more than the best ports do, beyond chance; ascending. */
  readonly bad: readonly number[];
  /** Ports that have too few samples to be called good or bad, where others differ; ascending. */
  readonly unclear: readonly number[];
  /** How many of the ports are bad, which is about how many of the paths are. */
  readonly fraction: PortFraction;
  /** How many kinds of ports there are. */
  readonly classes: number;
  /** Each kind, the one that loses least first. */
  readonly groups: readonly PortClass[];
}

/** Of the interval of the fraction. */
export const FRACTION_CONFIDENCE = 0.99;
/** The chance that a port is named wrongly, over all ports, once it is certain that they differ. */
const WRONG_NAME = 1e-3;
/** Of the loss of a class, when a port is compared with it. */
const CLASS_CONFIDENCE = 0.998;

/** Whether some source ports fare worse than others, and which. Ports without a sample are left out. */
export function judgePorts(tallies: readonly PortTally[]): JudgedPorts {
  const used = tallies.filter(({ sent }) => sent > 0);
  const groups = classesOf(used);
  const [best, ...worse] = groups;
  const isWorse = new Set(worse.flatMap(({ ports }) => ports));
  const chance = WRONG_NAME / Math.max(1, used.length);
  const usual = best ? shareOf(best.lost, best.sent, CLASS_CONFIDENCE).high : 1;
  const next = worse[0] ? shareOf(worse[0].lost, worse[0].sent, CLASS_CONFIDENCE).low : 1;
  const isBad = ({ port, lost, sent }: PortTally): boolean =>
    isWorse.has(port) && chanceOfAtLeast(lost, sent, usual) <= chance;
  const isGood = ({ port, lost, sent }: PortTally): boolean =>
    !isWorse.has(port) && 1 - chanceOfAtLeast(lost + 1, sent, next) <= chance;

  const bad = portsOf(used.filter(isBad));
  const isTold = bad.length > 0;
  const unclear = isTold ? portsOf(used.filter((tally) => !isBad(tally) && !isGood(tally))) : [];
  const isDead = worse.some((group) => isSilent(group) && group.ports.some((port) => bad.includes(port)));
  const isClean = used.every(({ lost }) => lost === 0);
  return {
    verdict: isDead ? 'dead' : isTold ? 'lossy' : isClean ? 'clean' : 'uniform',
    bad,
    unclear,
    fraction: fractionOf(bad.length, isTold ? unclear.length : used.filter(isSilent).length, used.length),
    classes: isTold ? groups.length : Math.min(1, groups.length),
    groups,
  };
}

function isSilent({ lost, sent }: Pick<PortTally, 'lost' | 'sent'>): boolean {
  return lost === sent;
}

/** @param unclear ports that may be bad or not, so they widen the interval */
function fractionOf(bad: number, unclear: number, total: number): PortFraction {
  if (total === 0) return { estimate: 0, low: 0, high: 1 };
  const { low, ratio } = shareOf(bad, total, FRACTION_CONFIDENCE);
  return { estimate: ratio, low, high: shareOf(bad + unclear, total, FRACTION_CONFIDENCE).high };
}

function portsOf(tallies: readonly PortTally[]): readonly number[] {
  return tallies.map(({ port }) => port).sort((a, b) => a - b);
}
