import type { TimestampFormat } from './timestamps.ts';

/** How wrong a clock may be, and what its timestamps look like (RFC 4656, 4.1.2; RFC 8186, 2.3). */
export interface ErrorEstimate {
  /** Whether an external source keeps the clock at UTC. */
  readonly isSynchronized: boolean;
  readonly format: TimestampFormat;
  readonly seconds: number;
}

const SYNCHRONIZED = 0x8000;
const PTP = 0x4000;
const MAX_SCALE = 63;
const MAX_MULTIPLIER = 255;
/** The unit of the multiplier at scale 0. Seconds. */
const UNIT = 2 ** -32;

/** The field with the least error that is not below `seconds`. A greater one than it can tell is the greatest: 17,000 years. */
export function encodeErrorEstimate({ isSynchronized, format, seconds }: ErrorEstimate): number {
  const flags = (isSynchronized ? SYNCHRONIZED : 0) | (format === 'ptp' ? PTP : 0);
  for (let scale = 0; scale <= MAX_SCALE; scale += 1) {
    const multiplier = Math.ceil(seconds / UNIT / 2 ** scale);
    // The multiplier must not be 0: such a packet is corrupt.
    if (multiplier <= MAX_MULTIPLIER) return flags | (scale << 8) | Math.max(1, multiplier);
  }
  return flags | (MAX_SCALE << 8) | MAX_MULTIPLIER;
}

/** Of a clock that may or may not be kept right, as far as its program knows: not synchronized, and the greatest error. */
export const UNKNOWN_CLOCK = encodeErrorEstimate({
  isSynchronized: false,
  format: 'ntp',
  seconds: Number.POSITIVE_INFINITY,
});

export function decodeErrorEstimate(field: number): ErrorEstimate {
  return {
    isSynchronized: (field & SYNCHRONIZED) !== 0,
    format: formatOf(field),
    seconds: (field & MAX_MULTIPLIER) * UNIT * 2 ** ((field >> 8) & MAX_SCALE),
  };
}

export function formatOf(field: number): TimestampFormat {
  return (field & PTP) === 0 ? 'ntp' : 'ptp';
}

export function multiplierOf(field: number): number {
  return field & MAX_MULTIPLIER;
}
