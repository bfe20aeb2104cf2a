import type { ClockReading, TargetStatus } from '../../src/monitor/status/types.ts';
import { ms, percent } from '../../src/stats/format.ts';
import { setting } from './words.ts';

/** Whether a target holds its service level objective, in words; null where it has none. */
export function sloWords({ slo, window }: Pick<TargetStatus, 'slo' | 'window'>): string | null {
  if (slo === null) return null;
  const { maxLossRatio, maxP99Ms } = slo;
  if (slo.met === null) return 'SLO unknown: not enough measured';
  if (slo.met) {
    const loss = maxLossRatio === null ? [] : [`loss at most ${share(maxLossRatio)}`];
    const p99 = maxP99Ms === null ? [] : [`p99 at most ${setting(maxP99Ms)}`];
    return `SLO met: ${[...loss, ...p99].join(', ')}`;
  }
  const broken: string[] = [];
  if (maxLossRatio !== null && window.lossRatio > maxLossRatio)
    broken.push(`loss ${percent(window.lossRatio)}, promised at most ${share(maxLossRatio)}`);
  if (maxP99Ms !== null && (window.p99Ms === null || window.p99Ms > maxP99Ms)) {
    const seen = window.p99Ms === null ? 'unknown without an answer' : ms(window.p99Ms);
    broken.push(`p99 ${seen}, promised at most ${setting(maxP99Ms)}`);
  }
  return `SLO violated: ${broken.join('; ')}`;
}

/** A promise is written as it was made: `1%`, not `1.0%`. */
function share(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(6))}%`;
}

/** The target's clock less ours and the bound of the error: `+3.20 ms ± 0.210 ms`. */
export function clockWords({ offsetMs, errorMs }: ClockReading): string {
  return `${offsetMs < 0 ? '−' : '+'}${ms(Math.abs(offsetMs))} ± ${ms(errorMs)}`;
}
