import { lossLikelihoods, type Observation, observed } from '@echo-daytime/diagnosis';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { isAnswered, lossesOf, lossWords } from './taken-samples.ts';

const COUNT = 100;
const RATE = 50;
const TIMEOUT_MS = 1_000;
/** Of losses in one direction, so many are told as in the other. */
const ODD = 0.02;

/** A flow to a STAMP reflector, which tells which requests it received. */
export async function runDirection(subject: Subject): Promise<readonly Observation[]> {
  const change = { protocol: 'stamp-udp', port: subject.reflectorPort!, flow: 'sticky' } as const;
  const rate = Math.min(RATE, subject.maxRate);
  const [taken] = await takeSamples(subject, [{ count: COUNT, rate, timeoutMs: TIMEOUT_MS, change }]);
  const { directions, samples } = taken!;
  // Without a later reply nothing tells.
  if (!samples.some(isAnswered)) return [];
  const forward = directions.filter((direction) => direction === 'forward').length;
  const back = directions.length - forward;
  const { nothing, part } = lossLikelihoods({ lost: directions.length, of: samples.length });
  if (directions.length > 0) {
    subject.details.direction = back === 0 ? 'forward' : forward === 0 ? 'return' : 'both';
  }
  const evidence = {
    none: nothing,
    forward: part * (1 - ODD) ** forward * ODD ** back,
    return: part * (1 - ODD) ** back * ODD ** forward,
    // Every share of the two directions is as likely.
    both: part / ((directions.length + 1) * chooses(directions.length, back)),
  };
  const words = `lost of STAMP requests ${lossWords(lossesOf(taken!))}: ${forward} on the way there, ${back} on the way back`;
  return [observed('direction', evidence, words)];
}

function chooses(of: number, count: number): number {
  let product = 1;
  for (let index = 0; index < count; index += 1) product *= (of - index) / (index + 1);
  return product;
}
