import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/link';
import { onDeadline, systemClock } from './clock.ts';
import { countSamples, declareProbeCounters } from './probe-counters.ts';
import { startProbing } from './probing.ts';
import { both, SampleBatches } from './sample-batch.ts';
import { type TargetConfig, targetsOf } from './target.ts';

/** Probes this worker's share of the targets. */
export async function openDataPlane(context: DataPlaneContext<TargetConfig>): Promise<DataPlane> {
  const targets = targetsOf(context.config);
  const counters = declareProbeCounters(context.counters, targets);
  const batches = new SampleBatches((batch) => context.send(batch));
  const assignments = targets.map((target, index) => ({
    target,
    index,
    of: targets.length,
    observer: both(countSamples(counters, index), (sample) => batches.add(index, sample)),
  }));
  const mine = assignments.filter(({ index }) => index % context.workers === context.worker);
  const probing = startProbing(mine, { clock: systemClock });
  return {
    addresses: [],
    async drain(timeoutMs) {
      probing.stop();
      const cancel = onDeadline(systemClock, systemClock.now() + timeoutMs, () => probing.abort());
      await probing.finished;
      cancel();
      batches.close();
    },
  };
}

runDataPlane(openDataPlane);
