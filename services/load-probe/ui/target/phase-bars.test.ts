import { describe, expect, it } from 'vitest';
import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { goodMinute } from '../../test/page/targets.ts';
import { barsOf } from './phase-bars.ts';

function bars(phasesMs: TargetStatus['window']['phasesMs'], flow: TargetStatus['flow'] = 'fresh') {
  return barsOf({ flow, window: { ...goodMinute, phasesMs } });
}

describe('barsOf', () => {
  it('should put the phases in order, and the rest of the time after the first byte', () => {
    expect(bars({ dns: 1, connect: 2, first_byte: 3, total: 10 })).toEqual([
      { label: 'Name lookup', startMs: 0, lengthMs: 1 },
      { label: 'TCP connect', startMs: 1, lengthMs: 2 },
      { label: 'First byte', startMs: 3, lengthMs: 3 },
      { label: 'Rest of the answer', startMs: 6, lengthMs: 4 },
      { label: 'Total', startMs: 0, lengthMs: 10 },
    ]);
  });

  it('should keep the opening of a long-lived flow apart from the samples over it', () => {
    expect(bars({ dns: 1, connect: 2, first_byte: 3, total: 3 }, 'sticky')).toEqual([
      { label: 'Name lookup, once', startMs: 0, lengthMs: 1 },
      { label: 'TCP connect, once', startMs: 0, lengthMs: 2 },
      { label: 'First byte', startMs: 0, lengthMs: 3 },
      { label: 'Total', startMs: 0, lengthMs: 3 },
    ]);
  });

  it('should invent no rest out of medians that do not add up', () => {
    const labels = (total: number) => bars({ first_byte: 3, total }).map(({ label }) => label);
    expect(labels(3.01)).toEqual(['First byte', 'Total']);
    expect(labels(2.9)).toEqual(['First byte', 'Total']);
    expect(bars({})).toEqual([]);
    expect(bars({ total: 4 })).toEqual([{ label: 'Total', startMs: 0, lengthMs: 4 }]);
  });
});
