import type { Losses } from './loss-evidence.ts';

/** How likely what each source port lost is where all lose alike, or a part of them has a path that loses some or all. */
export interface PortLikelihoods {
  readonly alike: number;
  readonly someLossy: number;
  readonly someDead: number;
}

/** What a clean path loses, and a dead one. */
const CLEAN = 0.001;
const DEAD = 0.995;
/** What a lossy path loses. */
const LOSSY = [0.02, 0.04, 0.07, 0.12, 0.2, 0.3, 0.45, 0.6, 0.8];
/** The part of the ports that have the bad path: one path of up to 32, or the other way round. */
const PARTS = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4];

/** The likelihoods, of which the highest is 1. Ports without a sample say nothing. */
export function portLikelihoods(ports: readonly Losses[]): PortLikelihoods {
  const nothing = lossOf(ports, 0, CLEAN, CLEAN);
  const some = logMean([...LOSSY, DEAD].map((share) => lossOf(ports, 0, share, share)));
  const logs = {
    // Most often nothing is lost.
    alike: logMean([nothing, some]),
    someLossy: logMean(PARTS.flatMap((part) => LOSSY.map((share) => lossOf(ports, part, share, CLEAN)))),
    someDead: logMean(PARTS.map((part) => lossOf(ports, part, DEAD, CLEAN))),
  };
  const highest = Math.max(...Object.values(logs));
  return {
    alike: Math.exp(logs.alike - highest),
    someLossy: Math.exp(logs.someLossy - highest),
    someDead: Math.exp(logs.someDead - highest),
  };
}

/** The logarithm of how likely it is that a part of the ports loses one share and the others another share. */
function lossOf(ports: readonly Losses[], part: number, bad: number, good: number): number {
  return ports.reduce((sum, { lost, of }) => {
    const ofGood = Math.log(1 - part) + logBinomial(lost, of, good);
    if (part === 0) return sum + ofGood;
    return sum + logSum([Math.log(part) + logBinomial(lost, of, bad), ofGood]);
  }, 0);
}

/** Up to the term that all shares have in common. */
function logBinomial(count: number, of: number, share: number): number {
  return count * Math.log(share) + (of - count) * Math.log(1 - share);
}

function logMean(logs: readonly number[]): number {
  return logSum(logs) - Math.log(logs.length);
}

function logSum(logs: readonly number[]): number {
  const highest = Math.max(...logs);
  return highest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - highest), 0));
}
