import { lineOf, lineStart, MAX_LINE_BYTES } from './daytime-line.ts';

export const NEWLINE = 0x0a;
/** From 2001 to 2286, in seconds, milliseconds and nanoseconds. */
const TIMESTAMP_DIGITS = [10, 13, 19];

/**
 * How many bytes the first answer in what came has, blank lines before it included. It ends at its line end. Digits of a
 * timestamp without a line end are whole when there are as many as such a time has.
 *
 * @returns undefined while it may go on
 */
export function answerBytes(received: Buffer): number | undefined {
  const end = received.indexOf(NEWLINE, lineStart(received));
  if (end >= 0) return end + 1;
  const line = lineOf(received);
  const isTimestamp = /^\d+$/.test(line) && TIMESTAMP_DIGITS.includes(line.length);
  return isTimestamp || received.length > MAX_LINE_BYTES ? received.length : undefined;
}

/** Such as the line end of an answer that was over without it. */
export function isBlank(bytes: Buffer): boolean {
  return lineStart(bytes) === bytes.length;
}
