import type { LoadPlan } from '../../src/commands/load/plan.ts';
import type { LoadResult } from '../../src/commands/load/result.ts';
import { type LoadObserver, type LoadOptions, runLoad } from '../../src/commands/load/run.ts';
import { seriesOf } from '../../src/targets/target.ts';
import { readTarget } from '../../src/targets/url.ts';

/** The default of the tests. */
export const TIMEOUT_MS = 2_000;

/** Runs a load as the command does, with workers, but without output. */
export async function load(
  url: string,
  plan: Partial<LoadPlan> = {},
  options: Partial<Pick<LoadOptions, 'signal'> & Pick<LoadObserver, 'started'>> = {},
): Promise<LoadResult> {
  const { started = () => {}, signal = new AbortController().signal } = options;
  return await runLoad(planOf(url, plan), { signal, observer: { failed() {}, started, ended() {} } });
}

export function planOf(url: string, plan: Partial<LoadPlan>): LoadPlan {
  const spec = readTarget(url);
  if (Array.isArray(spec)) throw new Error(spec.join('\n'));
  const [target] = seriesOf(spec, { interval: 1_000, timeout: TIMEOUT_MS, size: 64 });
  return {
    target: target!,
    mode: { name: 'closed' },
    durationMs: 300,
    connections: 1,
    pipeline: 1,
    workers: 1,
    ...plan,
  };
}

export function atRate(messagesPerSecond: number): Pick<LoadPlan, 'mode'> {
  return { mode: { name: 'open', messagesPerSecond } };
}
