import { type Assignment, startProbing } from '../sampling/probing.ts';
import { seriesOf, type Target } from '../targets/target.ts';
import type { Subject } from './subject.ts';
import type { Taken } from './taken-samples.ts';

/** What is changed of the target, and how many samples are taken. */
export interface Plan {
  readonly count: number;
  /** Samples a second. */
  readonly rate: number;
  readonly timeoutMs: number;
  readonly change?: Partial<Target>;
}

const MS_PER_SECOND = 1_000;
/** A sample small enough for every path. Bytes. */
export const SMALL_BYTES = 64;

/** Takes samples of several series side by side; each is the target of the subject, with its changes. */
export async function takeSamples(subject: Subject, plans: readonly Plan[]): Promise<Taken[]> {
  const { clock, signal, tcpInfo, udp } = subject;
  const taken = plans.map(
    ({ rate }): Taken => ({
      intervalMs: MS_PER_SECOND / rate,
      samples: [],
      late: 0,
      duplicates: 0,
      reordered: 0,
      directions: [],
      syns: [],
    }),
  );
  // Each series has a count of its own, so each has probes of its own.
  const watchings = plans.map((plan, index) =>
    startProbing([assignmentOf(subject, plan, taken[index]!)], { clock, count: plan.count, udp, tcpInfo }),
  );
  const abort = (): void => {
    for (const watching of watchings) watching.abort();
  };
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  await Promise.all(watchings.map(({ finished }) => finished));
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
  return taken;
}

function assignmentOf(subject: Subject, { change, rate, timeoutMs }: Plan, taken: Taken): Assignment {
  const { clock } = subject;
  const settings = { interval: MS_PER_SECOND / rate, timeout: timeoutMs, size: SMALL_BYTES };
  const { discover: _, flow: __, ...spec } = subject.target;
  const [series] = seriesOf({ ...spec, host: subject.host, flow: 'fresh' }, settings);
  const target = { ...series!, intervalMs: settings.interval, timeoutMs, sizeBytes: SMALL_BYTES, ...change };
  return {
    target,
    index: 0,
    of: 1,
    observer: {
      sample(sample) {
        if (sample.outcome === 'prober_late') taken.late += 1;
        else taken.samples.push({ sample });
      },
      flowFailed(failure, { at }) {
        const last = taken.samples.pop();
        if (last) taken.samples.push({ ...last, failure, failedAfterMs: clock.epoch() - at });
      },
      duplicates(count) {
        taken.duplicates += count;
      },
      reordered() {
        taken.reordered += 1;
      },
      lossFound: (direction) => void taken.directions.push(direction),
      synReported: (report) => void taken.syns.push(report),
    },
  };
}
