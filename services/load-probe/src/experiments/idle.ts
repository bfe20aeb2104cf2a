import { contrastLikelihoods, lossLikelihoods, type Observation, observed } from '@echo-daytime/diagnosis';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { isAnswered, type Taken } from './taken-samples.ts';

/** How long flows are idle, and how many are for each time. Seconds. */
const IDLE_SECONDS = [1, 3, 6, 9];
const FLOWS = 4;
const TIMEOUT_MS = 1_000;

/** Flows that are idle for different times, all at once: a request, a pause, a request. */
export async function runIdle(subject: Subject): Promise<readonly Observation[]> {
  const plans = IDLE_SECONDS.flatMap((seconds) =>
    Array.from({ length: FLOWS }, () => ({
      count: 2,
      rate: 1 / seconds,
      timeoutMs: TIMEOUT_MS,
      change: { flow: 'sticky' as const },
    })),
  );
  const taken = await takeSamples(subject, plans);
  const groups = IDLE_SECONDS.map((seconds, index) => ({
    seconds,
    ...afterPause(taken.slice(index * FLOWS, (index + 1) * FLOWS)),
  }));
  const before = { lost: 0, of: 0 };
  for (const { samples } of taken) {
    const first = samples.find(({ sample }) => sample.sequence === 0);
    before.of += first ? 1 : 0;
    before.lost += first && !isAnswered(first) ? 1 : 0;
  }
  const longest = groups.at(-1)!;
  if (longest.of === 0 || before.of === 0) return [];
  // A cut flow loses the next request for certain; one that loses a part was not cut.
  const { nothing, part } = lossLikelihoods(before);
  const cut = lossLikelihoods(longest).all * Math.max(nothing, part);
  const { alike } = contrastLikelihoods(longest, before);
  const words = groups.map(({ lost, of, seconds }) => `after ${seconds} s idle ${lost} of ${of}`).join(', ');
  return [observed('idle', { lives: alike, cut }, `lost ${words}`)];
}

function afterPause(taken: readonly Taken[]): { readonly lost: number; readonly of: number } {
  const second = taken.flatMap(({ samples }) => samples.filter(({ sample }) => sample.sequence === 1));
  return { lost: second.filter((one) => !isAnswered(one)).length, of: second.length };
}
