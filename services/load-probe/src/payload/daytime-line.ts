import { DaytimeParseError, openZone, parseDaytime } from '@echo-daytime/daytime-format';
import type { SampleResult } from '../sampling/outcome.ts';

/** More than any daytime line has; what is longer need not be read to its end to be refused. */
export const MAX_LINE_BYTES = 256;

/** Any datagram asks for the time (RFC 867); some middleboxes drop empty ones. */
export const daytimeRequest = Buffer.from('\n');

/** Follows a count of answers that came too often on a flow of daytime over UDP that is used more than once. */
export const MAY_HIDE_LOSS = ', which may hide a loss: an answer of daytime does not tell its request';

/**
 * Abbreviations of zones are ambiguous and endless; only a known zone as a fall-back keeps a foreign server's line
 * with one that we never heard of from being called malformed. Which instant it names does not matter here.
 */
const anyZone = openZone('UTC');

const BLANKS = new Set(Buffer.from(' \t\n\v\f\r\0'));

/** Where the line in an answer starts: its length if it is blank. */
export function lineStart(answer: Buffer): number {
  let start = 0;
  while (start < answer.length && BLANKS.has(answer[start]!)) start += 1;
  return start;
}

/** The text of an answer, whatever white space its server puts around a line. */
export function lineOf(answer: Buffer): string {
  const start = lineStart(answer);
  let end = answer.length;
  while (end > start && BLANKS.has(answer[end - 1]!)) end -= 1;
  return answer.toString('latin1', start, end);
}

/** Judges what a daytime target sent; the time itself may be any. */
export function judgeDaytime(answer: Buffer): SampleResult {
  try {
    parseDaytime(lineOf(answer), { zone: anyZone });
    return { outcome: 'ok' };
  } catch (error) {
    if (!(error instanceof DaytimeParseError)) throw error;
    return { outcome: 'malformed', detail: error.message };
  }
}
