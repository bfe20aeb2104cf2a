/** Preloaded into a load probe that runs from its source: every target that is added has six hours of history at once. */
import { isMainThread } from 'node:worker_threads';
import type { TargetMessage } from '../services/load-probe/src/monitor/messages.ts';

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
/** How far back, and a sample how often: each stretch of the history has one, the last minutes each sample. Milliseconds. */
const SPANS = [
  { fromMs: 6 * HOUR_MS, toMs: HOUR_MS, everyMs: 3 * MINUTE_MS },
  { fromMs: HOUR_MS, toMs: 14 * MINUTE_MS, everyMs: MINUTE_MS / 2 },
  { fromMs: 14 * MINUTE_MS, toMs: 0, everyMs: 1_000 },
];
/** Targets from one collection of garbage to the next. */
const COLLECT_EVERY = 50;
const ages = SPANS.flatMap(({ everyMs, fromMs, toMs }) =>
  Array.from({ length: (fromMs - toMs) / everyMs }, (_, index) => fromMs - index * everyMs),
);

if (isMainThread) {
  const { StatusStore } = await import('../services/load-probe/src/monitor/status/store.ts');
  const { add } = StatusStore.prototype;
  let collecting: NodeJS.Immediate | undefined;
  StatusStore.prototype.add = function (number, target) {
    add.call(this, number, target);
    const now = Date.now();
    this.receive(ages.map((ageMs, sequence) => sampleOf(number, sequence, now - ageMs)));
    // What filling leaves behind is no part of the measurement.
    if (number % COLLECT_EVERY === 0) global.gc?.();
    clearImmediate(collecting);
    collecting = setImmediate(() => global.gc?.());
  };
}

/** Hundreds of different figures, with fractions, as on a real path, and some losses. */
function sampleOf(target: number, sequence: number, at: number): TargetMessage {
  const ms = 1 + ((sequence * 7_919 + target) % 997) / 331;
  const common = { kind: 'sample', target, sequence, at, lagMs: ms / 10 } as const;
  if (sequence % 50 === 0) {
    return { ...common, outcome: 'lost', detail: `no answer to ${sequence}`, rttMs: undefined, phases: {} };
  }
  const phases = { first_byte: ms / 3, total: ms };
  return { ...common, outcome: 'ok', detail: '', rttMs: ms, wireRttMs: ms / 2, phases };
}
