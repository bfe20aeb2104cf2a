import { DaytimeParseError, openZone, type ParsedDaytime, parseDaytime } from '@echo-daytime/daytime-format';
import type { ClockReading } from '../monitor/status/types.ts';
import type { FailedResult, SampleResult } from '../sampling/outcome.ts';
import { lineOf } from './daytime-line.ts';
import { NEWLINE } from './session-answer.ts';

/** What a session is asked for, the finest first; each where the server does not have the one before. */
const sessionFormats = ['timestamp-ns', 'timestamp-ms', 'timestamp'] as const;

export type SessionFormat = (typeof sessionFormats)[number];

export const firstFormat: SessionFormat = sessionFormats[0];

export function sessionRequest(format: SessionFormat): Buffer {
  return Buffer.from(`${format}\n`);
}

/** What a request asked for. */
export function formatOf(request: Buffer): SessionFormat {
  return sessionFormats.find((format) => request.equals(sessionRequest(format))) ?? firstFormat;
}

export function isCoarser(one: SessionFormat, other: SessionFormat): boolean {
  return sessionFormats.indexOf(one) > sessionFormats.indexOf(other);
}

/** When a request was sent and how long its answer took. */
export interface Asked {
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number;
  readonly roundTripMs: number;
}

export type SessionAnswer =
  | { readonly result: SampleResult; readonly clock?: ClockReading }
  /**
   * The server doesn't have the format and answered in another one: what to ask for next. An answer without a line end
   * may have been cut off, as the beginning of a time reads as a coarser one: so many bytes, else 0. Where it was no
   * time at all, `refusal` says so.
   */
  | { readonly next: SessionFormat; readonly unendedBytes: number; readonly refusal?: FailedResult };

/** A text has more other characters between its digits. */
const DIGITS_PER_OTHER = 4;
const NS_PER_MS = 1e6;
/** Which instant a line in a foreign format names does not matter. */
const anyZone = openZone('UTC');

/** Judges what answers a request for `format`. */
export function judgeSession(answer: Buffer, format: SessionFormat, asked: Asked): SessionAnswer {
  const text = lineOf(answer);
  const next = sessionFormats[sessionFormats.indexOf(format) + 1];
  if (next && isInAnother(format, text)) {
    return { next, unendedBytes: answer.at(-1) === NEWLINE ? 0 : answer.length };
  }
  try {
    return { result: { outcome: 'ok' }, clock: clockReading(parseDaytime(text, { format }), asked) };
  } catch (error) {
    if (!(error instanceof DaytimeParseError)) throw error;
    const refusal: FailedResult = { outcome: 'malformed', detail: `asked for ${format}: ${error.message}` };
    return next && !isDamagedTimestamp(text) ? { next, unendedBytes: 0, refusal } : { result: refusal };
  }
}

/**
 * The server read its clock at some moment between request and answer: its time less that in the middle is wrong by
 * half the round trip at most, to which comes half of what the line's last digit stands for.
 */
function clockReading({ instant, resolution }: ParsedDaytime, { sentAt, roundTripMs }: Asked): ClockReading {
  const halfStepMs = Number(resolution) / NS_PER_MS / 2;
  const serverMs = Number(instant) / NS_PER_MS + halfStepMs;
  return { offsetMs: serverMs - (sentAt + roundTripMs / 2), errorMs: roundTripMs / 2 + halfStepMs };
}

/** Such as one with a flipped bit, which another answer must not hide. */
function isDamagedTimestamp(text: string): boolean {
  const others = text.replace(/\d/g, '').length;
  return text.length - others > others * DIGITS_PER_OTHER;
}

/** Whether a line tells the time in another format: the digits of a second are no nanoseconds of 1970. */
function isInAnother(format: SessionFormat, text: string): boolean {
  try {
    return parseDaytime(text, { zone: anyZone }).format !== format;
  } catch {
    return /^\s*\d{1,21}\s*$/.test(text);
  }
}
