import { contrastLikelihoods, type Observation, observed } from '@echo-daytime/diagnosis';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { lossesOf, lossWords } from './taken.ts';

/** Of each. */
const COUNT = 40;
/** Samples a second of each, so that a limit of the rate is not reached. */
const RATE = 25;
const TIMEOUT_MS = 1_000;

/** A flow that lasts beside a new one for each sample. */
export async function runFlows(subject: Subject): Promise<readonly Observation[]> {
  const plan = { count: COUNT, rate: Math.min(RATE, subject.maxRate / 2), timeoutMs: TIMEOUT_MS };
  const [fresh, sticky] = await takeSamples(subject, [plan, { ...plan, change: { flow: 'sticky' } }]);
  if (fresh!.samples.length === 0 || sticky!.samples.length === 0) return [];
  const { alike, firstWorse, secondWorse } = contrastLikelihoods(lossesOf(fresh!), lossesOf(sticky!));
  const words = `lost over new flows ${lossWords(fresh!)}, over one that lasts ${lossWords(sticky!)}`;
  return [observed('flows', { alike, new_worse: firstWorse, old_worse: secondWorse }, words)];
}
