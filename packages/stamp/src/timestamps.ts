import { uint32, writeUint32 } from './words.ts';

/** The Z bit of an error estimate tells which one a packet has (RFC 8186, 2.3). */
export type TimestampFormat = 'ntp' | 'ptp';

/** A moment of Unix time. */
export interface Instant {
  /** Whole seconds. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

/** From the first second of NTP, in 1900, to that of Unix. */
const NTP_TO_UNIX_SECONDS = 2_208_988_800;
/** NTP counts seconds modulo this; smaller numbers than its half are of the era that begins in 2036. */
const ERA_SECONDS = 2 ** 32;
/** The unit of the fraction in the NTP format is this part of a nanosecond's: 2³² / 10⁹, in its lowest terms. */
const FRACTIONS = 8_388_608;
const NANOSECONDS = 1_953_125;
const MS_PER_S = 1_000;
const NS_PER_MS = 1e6;
const MS_PER_FRACTION = MS_PER_S / ERA_SECONDS;

/** Writes the 64-bit format of NTP (RFC 5905, 6). */
export function writeTimestamp(bytes: Uint8Array, at: number, { seconds, nanoseconds }: Instant): void {
  writeUint32(bytes, at, seconds + NTP_TO_UNIX_SECONDS);
  // Rounds up, as reading rounds down: every nanosecond comes back as it was.
  writeUint32(bytes, at + 4, Math.ceil((nanoseconds * FRACTIONS) / NANOSECONDS));
}

/** @param format `ptp` is the truncated format of PTP; its seconds are those of the sender's clock, often TAI */
export function readTimestamp(bytes: Uint8Array, at: number, format: TimestampFormat): Instant {
  const seconds = uint32(bytes, at);
  const part = uint32(bytes, at + 4);
  if (format === 'ptp') return { seconds, nanoseconds: part };
  const era = seconds < ERA_SECONDS / 2 ? ERA_SECONDS : 0;
  return {
    seconds: seconds + era - NTP_TO_UNIX_SECONDS,
    nanoseconds: Math.floor((part * NANOSECONDS) / FRACTIONS),
  };
}

/** Milliseconds between two timestamps of one clock in one packet; exact where their Unix times would be rounded. */
export function elapsedMs(bytes: Uint8Array, from: number, to: number, format: TimestampFormat): number {
  const seconds = (uint32(bytes, to) - uint32(bytes, from)) | 0;
  const parts = uint32(bytes, to + 4) - uint32(bytes, from + 4);
  return seconds * MS_PER_S + (format === 'ptp' ? parts / NS_PER_MS : parts * MS_PER_FRACTION);
}
