import { describe, expect, it } from 'vitest';
import { stallEffect } from './self-trust.ts';

const stalled = { stalledMs: 300, lifeMs: 400, timeoutMs: 100, wireMs: 7 } as const;

describe('a sample during a stall of the probe', () => {
  it('should be judged by its wire time where that is known', () => {
    expect(stallEffect({ ...stalled, outcome: 'ok' })).toBe('judged_by_wire');
    expect(stallEffect({ ...stalled, outcome: 'late', wireMs: 101 })).toBe('judged_by_wire');
    expect(stallEffect({ ...stalled, outcome: 'ok', wireMs: undefined })).toBe('prober_late');
  });

  it('should not be late within the timeout on the wire: the probe sent it late', () => {
    expect(stallEffect({ ...stalled, outcome: 'late' })).toBe('prober_late');
  });

  it('should not be affected by a short stall, nor with an outcome that does not depend on timing', () => {
    expect(stallEffect({ ...stalled, outcome: 'ok', stalledMs: 50 })).toBe('none');
    expect(stallEffect({ ...stalled, outcome: 'corrupt', wireMs: undefined })).toBe('none');
  });

  it('should be no loss: a machine that was paused receives nothing', () => {
    expect(stallEffect({ ...stalled, outcome: 'lost', wireMs: undefined })).toBe('prober_late');
  });
});
