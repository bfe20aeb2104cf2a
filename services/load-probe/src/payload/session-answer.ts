import { lineOf, lineStart, MAX_LINE_BYTES } from './daytime-line.ts';

export const NEWLINE = 0x0a;
/** How many digits a timestamp from 2001 to 2286 has, in seconds, milliseconds and nanoseconds. */
const TIMESTAMP_DIGITS = [10, 13, 19];

/**
 * The length of the first answer in the received bytes, with the blank lines before it. An answer ends at its line end. A
 * timestamp without a line end is complete when it has the digits of a time.
 *
 * @returns undefined while the answer may be incomplete
 */
export function answerBytes(received: Buffer): number | undefined {
  const end = received.indexOf(NEWLINE, lineStart(received));
  if (end >= 0) return end + 1;
  const line = lineOf(received);
  const isTimestamp = /^\d+$/.test(line) && TIMESTAMP_DIGITS.includes(line.length);
  return isTimestamp || received.length > MAX_LINE_BYTES ? received.length : undefined;
}

/** Whether bytes are all white space, such as a line end that comes after its answer was complete. */
export function isBlank(bytes: Buffer): boolean {
  return lineStart(bytes) === bytes.length;
}
