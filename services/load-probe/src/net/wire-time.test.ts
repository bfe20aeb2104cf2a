import { describe, expect, it } from 'vitest';
import { arrivalOf } from './wire-time.ts';

const [SENT_MS, READ_MS] = [50, 53];
const unknown = { arrivedMs: READ_MS };

describe('arrivalOf', () => {
  it('should be as long after the send as the timestamps say', () => {
    expect(arrivalOf({ sentAt: 1_000 }, 1_002.5, SENT_MS, READ_MS)).toEqual({ arrivedMs: 52.5, wireMs: 2.5 });
  });

  it('should be when the reply was read without both timestamps', () => {
    expect(arrivalOf(undefined, 1_000, SENT_MS, READ_MS)).toEqual(unknown);
    expect(arrivalOf({}, 1_000, SENT_MS, READ_MS)).toEqual(unknown);
    expect(arrivalOf({ sentAt: 1_000 }, undefined, SENT_MS, READ_MS)).toEqual(unknown);
    expect(arrivalOf({ sentAt: 1_000 }, Number.NaN, SENT_MS, READ_MS)).toEqual(unknown);
  });

  it('should be when the reply was read where the clock was set meanwhile', () => {
    expect(arrivalOf({ sentAt: 1_000 }, 999, SENT_MS, READ_MS)).toEqual(unknown);
    expect(arrivalOf({ sentAt: 1_000 }, 1_004, SENT_MS, READ_MS)).toEqual(unknown);
  });
});
