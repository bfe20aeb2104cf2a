import { contrastLikelihoods, type Observation, observed } from '@echo-daytime/diagnosis';
import { dscpText } from '../targets/dscp.ts';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { lossesOf, lossWords } from './taken-samples.ts';

/** The marks that networks treat apart most often: expedited, assured, and lower effort (RFC 4594). */
const MARKS = [46, 34, 8];
const COUNT = 20;
const RATE = 20;
const TIMEOUT_MS = 1_000;

/** Marked packets beside unmarked ones. */
export async function runDscp(subject: Subject): Promise<readonly Observation[]> {
  const marks = subject.target.dscp === undefined ? MARKS : [subject.target.dscp];
  const plan = {
    count: COUNT,
    rate: Math.min(RATE, subject.maxRate / (marks.length + 1)),
    timeoutMs: TIMEOUT_MS,
  };
  const [unmarked, ...marked] = await takeSamples(subject, [
    { ...plan, change: { dscp: 0 } },
    ...marks.map((dscp) => ({ ...plan, change: { dscp } })),
  ]);
  if ([unmarked!, ...marked].some(({ samples }) => samples.length === 0)) return [];
  const contrasts = marked.map((taken) => contrastLikelihoods(lossesOf(taken), lossesOf(unmarked!)));
  const ratios = contrasts.map(({ alike, firstWorse }) => firstWorse / alike);
  // One of several marks is the worst by chance; each has its share of the evidence.
  const worse = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const words = marks
    .map((mark, index) => `marked ${dscpText(mark)} ${lossWords(lossesOf(marked[index]!))}`)
    .join(', ');
  return [
    observed(
      'dscp',
      { alike: 1, marked_worse: worse },
      `lost of unmarked ${lossWords(lossesOf(unmarked!))}, of ${words}`,
    ),
  ];
}
