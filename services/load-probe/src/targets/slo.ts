import { MIN_MEASURED_RATIO } from '../cli/gates.ts';
import type { SloStatus } from '../monitor/status/types.ts';
import { ratioOf } from '../stats/format.ts';
import type { Slo } from './target.ts';

const MS_PER_UNIT: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

/** Readers of the limits of an SLO, by the name of the limit in a targets file. They throw an error that says what is allowed. */
export const sloReaders: Readonly<Record<string, (text: string) => Slo>> = {
  loss(text) {
    const maxLossRatio = ratioOf(text);
    if (maxLossRatio === undefined) throw new Error('must be a percentage from 0% to 100%, such as 0.5%');
    return { maxLossRatio };
  },
  p99(text) {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text) ?? [];
    const maxP99Ms = Number(amount) * (MS_PER_UNIT[unit] ?? Number.NaN);
    if (!(maxP99Ms > 0)) throw new Error('must be a time such as 500us, 20ms or 1.5s');
    return { maxP99Ms };
  },
};

/** The figures of a window that an SLO is judged by. */
export interface WindowFigures {
  readonly samples: number;
  /** Samples that measured the target. */
  readonly judged: number;
  /** Of them: those without a stall of the probe, which count for round-trip times. */
  readonly timed: number;
  readonly lossRatio: number;
  readonly p99Ms: number | null;
}

export function sloStatus(
  { maxLossRatio, maxP99Ms }: Slo,
  { samples, judged, timed, lossRatio, p99Ms }: WindowFigures,
): SloStatus {
  const measuring = maxP99Ms === undefined ? judged : timed;
  const isMeasured = measuring > 0 && measuring >= samples * MIN_MEASURED_RATIO;
  const lossKept = maxLossRatio === undefined || lossRatio <= maxLossRatio;
  // Without any reply there is no p99, and its limit is not met.
  const p99Kept = maxP99Ms === undefined || (p99Ms !== null && p99Ms <= maxP99Ms);
  return {
    maxLossRatio: maxLossRatio ?? null,
    maxP99Ms: maxP99Ms ?? null,
    met: isMeasured ? lossKept && p99Kept : null,
  };
}
