import { lnChanceOfAtLeast, lnChoose } from './hypergeometric.ts';

/** What became of the samples from one source port. */
export interface PortTally {
  readonly port: number;
  readonly sent: number;
  readonly lost: number;
}

/** Ports that lose alike, as far as their samples can tell. */
export interface PortClass {
  /** Ascending. */
  readonly ports: readonly number[];
  readonly sent: number;
  readonly lost: number;
}

/**
 * The chance of finding a difference where there is none. It is small, because a verdict is asked for again and again
 * while samples are taken, and a monitor never stops asking.
 */
const LN_FALSE_ALARM = Math.log(1e-7);

/**
 * The ports by how much they lose, least first: one class, or several where chance can't explain the differences.
 *
 * Where all ports lose alike, chance alone decides which of the samples are lost. The number that a given set of ports
 * loses is then hypergeometric, whatever the loss is. The sets to compare are chosen by what they lost, so the
 * chance counts once for each set that there is (Bonferroni).
 */
export function classesOf(tallies: readonly PortTally[]): readonly PortClass[] {
  if (tallies.length === 0) return [];
  return split([...tallies].sort((a, b) => b.lost / b.sent - a.lost / a.sent)).reverse();
}

/** How many samples each of some ports needs, at the least, before one that is dead can be told from chance. */
export function samplesToTell(ports: number): number {
  if (ports < 2) return Number.POSITIVE_INFINITY;
  const lnSets = Math.log(ports) + Math.log(ports - 1);
  let samples = 1;
  while (lnChanceOfAtLeast(samples, samples, samples, samples * ports) + lnSets > LN_FALSE_ALARM)
    samples += 1;
  return samples;
}

/** @param worst at least one, the one that loses most first */
function split(worst: readonly PortTally[]): PortClass[] {
  const cut = cutOf(worst);
  if (cut === undefined) return [classOf(worst)];
  return [...split(worst.slice(0, cut)), ...split(worst.slice(cut))];
}

/** How many of the first are a class of their own, by the greatest likelihood; undefined where chance explains all. */
function cutOf(worst: readonly PortTally[]): number | undefined {
  const { lost, sent } = classOf(worst);
  let likeliest = Number.NEGATIVE_INFINITY;
  let cut: number | undefined;
  let isBeyondChance = false;
  let [lostHere, sentHere] = [0, 0];
  for (let size = 1; size < worst.length; size += 1) {
    lostHere += worst[size - 1]!.lost;
    sentHere += worst[size - 1]!.sent;
    const lnSets = lnChoose(worst.length, size) + Math.log(worst.length - 1);
    isBeyondChance ||= lnChanceOfAtLeast(lostHere, sentHere, lost, sent) + lnSets <= LN_FALSE_ALARM;
    const likelihood = lnLikelihood(lostHere, sentHere) + lnLikelihood(lost - lostHere, sent - sentHere);
    if (likelihood > likeliest) [likeliest, cut] = [likelihood, size];
  }
  return isBeyondChance ? cut : undefined;
}

/** Of this loss, with the rate of loss that makes it likeliest. */
function lnLikelihood(lost: number, sent: number): number {
  return lost === 0 || lost === sent
    ? 0
    : lost * Math.log(lost / sent) + (sent - lost) * Math.log1p(-lost / sent);
}

function classOf(tallies: readonly PortTally[]): PortClass {
  return {
    ports: tallies.map(({ port }) => port).sort((a, b) => a - b),
    sent: tallies.reduce((sum, { sent }) => sum + sent, 0),
    lost: tallies.reduce((sum, { lost }) => sum + lost, 0),
  };
}
