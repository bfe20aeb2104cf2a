import { DaytimeParseError, openZone, parseDaytime } from '@echo-daytime/daytime-format';
import type { SampleResult } from '../sampling/outcome.ts';

/** Longer than any daytime line. A longer answer is malformed, and is not read to its end. */
export const MAX_LINE_BYTES = 256;

/** Any datagram asks for the time (RFC 867); some middleboxes drop empty ones. */
export const daytimeRequest = Buffer.from('\n');

/** Follows the count of duplicates on a flow of daytime over UDP that has more than one request. */
export const MAY_HIDE_LOSS = ', which may hide a loss: an answer of daytime does not tell its request';

/**
 * The zone for lines whose zone abbreviation is unknown: there are too many abbreviations to know all, and such a line is
 * not malformed. The instant does not matter here.
 */
const anyZone = openZone('UTC');

const BLANKS = new Set(Buffer.from(' \t\n\v\f\r\0'));

/** Where the line in an answer starts, after white space; the length of the answer if it is all white space. */
export function lineStart(answer: Buffer): number {
  let start = 0;
  while (start < answer.length && BLANKS.has(answer[start]!)) start += 1;
  return start;
}

/** The text of an answer without the white space around it. */
export function lineOf(answer: Buffer): string {
  const start = lineStart(answer);
  let end = answer.length;
  while (end > start && BLANKS.has(answer[end - 1]!)) end -= 1;
  return answer.toString('latin1', start, end);
}

/** Judges the answer of a daytime target; any time is right. */
export function judgeDaytime(answer: Buffer): SampleResult {
  try {
    parseDaytime(lineOf(answer), { zone: anyZone });
    return { outcome: 'ok' };
  } catch (error) {
    if (!(error instanceof DaytimeParseError)) throw error;
    return { outcome: 'malformed', detail: error.message };
  }
}
