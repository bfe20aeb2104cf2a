import type { ClockReading, FlowDeath } from '../src/monitor/status/types.ts';
import type { FailedAddress } from '../src/net/each-address.ts';
import { systemClock } from '../src/sampling/clock.ts';
import { startProbing } from '../src/sampling/probing.ts';
import type { Sample } from '../src/sampling/sampler.ts';
import type { Target } from '../src/targets/target.ts';
import { targetsOf } from '../src/targets/target.ts';
import { readTargets } from '../src/targets/url.ts';

export interface Taken {
  readonly samples: readonly Sample[];
  readonly duplicates: number;
  readonly reordered: number;
  /** Addresses that failed while another one worked, one for each time. */
  readonly addressesFailed: readonly string[];
  /** How sticky flows ended. */
  readonly deaths: readonly FlowDeath[];
  /** The best reading of the target's clock, after each sample that had one. */
  readonly clocks: readonly ClockReading[];
}

export function targetOf(url: string): Target {
  const { targets, problems } = readTargets([url]);
  const [target] = targetsOf({ targets, interval: 20, timeout: 2_000, size: 64 });
  if (!target) throw new Error(problems.join('\n'));
  return target;
}

/** Takes samples as the service does, in this thread. */
export async function takeSamplesOnce(url: string, count: number): Promise<Taken> {
  const samples: Sample[] = [];
  let duplicates = 0;
  let reordered = 0;
  const addressesFailed: string[] = [];
  const deaths: FlowDeath[] = [];
  const clocks: ClockReading[] = [];
  const observer = {
    sample: (sample: Sample) => void samples.push(sample),
    duplicates(extra: number) {
      duplicates += extra;
    },
    reordered() {
      reordered += 1;
    },
    addressFailed: ({ address }: FailedAddress) => void addressesFailed.push(address.address),
    flowDied: (death: FlowDeath) => void deaths.push(death),
    clockRead: (reading: ClockReading) => void clocks.push(reading),
  };
  const assignment = { target: targetOf(url), index: 0, of: 1, observer };
  await startProbing([assignment], { clock: systemClock, count }).finished;
  return { samples, duplicates, reordered, addressesFailed, deaths, clocks };
}

/** A busy machine can make the prober late, which says nothing of the target: then it is asked again. */
const MAX_TRIES = 10;

/** Takes samples that all say something about the target. */
export async function takeSamples(url: string, count: number): Promise<Taken> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const taken = await takeSamplesOnce(url, count);
    if (taken.samples.every(({ outcome }) => outcome !== 'prober_late')) return taken;
  }
  throw new Error(`the prober itself was late in each of ${MAX_TRIES} tries`);
}

export async function takeSample(url: string): Promise<Sample> {
  const { samples } = await takeSamples(url, 1);
  return samples[0]!;
}
