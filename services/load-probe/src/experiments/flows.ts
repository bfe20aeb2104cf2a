import { contrastLikelihoods, type Observation, observed } from '@echo-daytime/diagnosis';
import { isUdp } from '../targets/protocol.ts';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { lossesOf, lossWords } from './taken-samples.ts';

/** Of each. */
const COUNT = 40;
/** Samples a second of each, so that a limit of the rate is not reached. */
const RATE = 25;
const TIMEOUT_MS = 1_000;

/** New flows fail beside an old one that loses hardly anything. */
const NEW_FAIL = { worseFrom: 0.1, betterUpTo: 0.03 };
/** An old flow is dead beside new ones, most of which work. */
const OLD_DEAD = { worseFrom: 0.9, betterUpTo: 0.6 };

/** A flow that lasts beside a new one for each sample. */
export async function runFlows(subject: Subject): Promise<readonly Observation[]> {
  const plan = { count: COUNT, rate: Math.min(RATE, subject.maxRate / 2), timeoutMs: TIMEOUT_MS };
  const [fresh, sticky] = await takeSamples(subject, [plan, { ...plan, change: { flow: 'sticky' } }]);
  if (fresh!.samples.length === 0 || sticky!.samples.length === 0) return [];
  const ofFresh = lossesOf(fresh!);
  const ofSticky = lossesOf(sticky!, !isUdp(subject.target.protocol));
  const { alike, firstWorse: newWorse } = contrastLikelihoods(ofFresh, ofSticky, NEW_FAIL);
  const { firstWorse: oldWorse } = contrastLikelihoods(ofSticky, ofFresh, OLD_DEAD);
  const words = `lost over new flows ${lossWords(ofFresh)}, over one that lasts ${lossWords(ofSticky)}`;
  return [observed('flows', { alike, new_worse: newWorse, old_worse: oldWorse }, words)];
}
