import type { TargetStatus } from '../../src/monitor/status/types.ts';

type Phase = keyof TargetStatus['window']['phasesMs'];

/** One phase of a sample, on the time axis of the sample. */
export interface Bar {
  readonly label: string;
  readonly startMs: number;
  readonly lengthMs: number;
}

/** In the order in which they happen, one after the other; `total` spans them all. */
const steps: readonly { readonly phase: Phase; readonly label: string; readonly isOpening: boolean }[] = [
  { phase: 'dns', label: 'Name lookup', isOpening: true },
  { phase: 'connect', label: 'TCP connect', isOpening: true },
  { phase: 'first_byte', label: 'First byte', isOpening: false },
];

/** Medians do not add up to the microsecond; a rest below this share of the total is no step of its own. */
const LEAST_REST = 0.02;

export function barsOf({ flow, window: { phasesMs } }: Pick<TargetStatus, 'flow' | 'window'>): Bar[] {
  const bars: Bar[] = [];
  let startMs = 0;
  for (const { phase, label, isOpening } of steps) {
    const lengthMs = phasesMs[phase];
    if (lengthMs === undefined) continue;
    // One sample opens a sticky flow for many: the time to open it is not part of their times.
    if (isOpening && flow === 'sticky') {
      bars.push({ label: `${label}, once`, startMs: 0, lengthMs });
      continue;
    }
    bars.push({ label, startMs, lengthMs });
    startMs += lengthMs;
  }
  const { total } = phasesMs;
  if (total === undefined) return bars;
  if (startMs > 0 && total - startMs > total * LEAST_REST)
    bars.push({ label: 'Rest of the answer', startMs, lengthMs: total - startMs });
  return [...bars, { label: 'Total', startMs: 0, lengthMs: total }];
}
