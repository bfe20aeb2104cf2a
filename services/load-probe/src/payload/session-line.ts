import { DaytimeParseError, openZone, type ParsedDaytime, parseDaytime } from '@echo-daytime/daytime-format';
import type { ClockReading } from '../monitor/status/types.ts';
import type { FailedResult, SampleResult } from '../sampling/outcome.ts';
import { lineOf } from './daytime-line.ts';
import { NEWLINE } from './session-answer.ts';

/** The formats that a session is asked for, the finest first. The next one is tried where the server lacks a format. */
const sessionFormats = ['timestamp-ns', 'timestamp-ms', 'timestamp'] as const;

export type SessionFormat = (typeof sessionFormats)[number];

export const firstFormat: SessionFormat = sessionFormats[0];

export function sessionRequest(format: SessionFormat): Buffer {
  return Buffer.from(`${format}\n`);
}

/** The format that a request asks for. */
export function formatOf(request: Buffer): SessionFormat {
  return sessionFormats.find((format) => request.equals(sessionRequest(format))) ?? firstFormat;
}

export function isCoarser(one: SessionFormat, other: SessionFormat): boolean {
  return sessionFormats.indexOf(one) > sessionFormats.indexOf(other);
}

/** When a request was sent, and its round-trip time. */
export interface RequestTiming {
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number;
  readonly roundTripMs: number;
}

export type SessionAnswer =
  | { readonly result: SampleResult; readonly clock?: ClockReading }
  /**
   * The server lacks the format: `next` is the format to ask for. `unendedBytes` is the length of an answer without a
   * line end, else 0: such an answer may be cut off, because the beginning of a fine time reads as a coarser one.
   * `refusal` is set where the answer was no time at all.
   */
  | { readonly next: SessionFormat; readonly unendedBytes: number; readonly refusal?: FailedResult };

/** With fewer than one other character per this many digits, a text is a damaged timestamp; dates have more. */
const DIGITS_PER_OTHER = 4;
const NS_PER_MS = 1e6;
/** The zone for lines in other formats, whose instant does not matter. */
const anyZone = openZone('UTC');

/** Judges the answer to a request for `format`. */
export function judgeSession(answer: Buffer, format: SessionFormat, asked: RequestTiming): SessionAnswer {
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
 * The offset is the server's time less the middle between request and answer. The server read its clock at some moment
 * between the two, so the error is at most half the round trip, plus half a step of the line's last digit.
 */
function clockReading(
  { instant, resolution }: ParsedDaytime,
  { sentAt, roundTripMs }: RequestTiming,
): ClockReading {
  const halfStepMs = Number(resolution) / NS_PER_MS / 2;
  const serverMs = Number(instant) / NS_PER_MS + halfStepMs;
  return { offsetMs: serverMs - (sentAt + roundTripMs / 2), errorMs: roundTripMs / 2 + halfStepMs };
}

/** Whether a text is nearly all digits, such as a timestamp with a flipped bit: it must count as malformed. */
function isDamagedTimestamp(text: string): boolean {
  const others = text.replace(/\d/g, '').length;
  return text.length - others > others * DIGITS_PER_OTHER;
}

/** Whether a line is a time in another format: a number of seconds is not taken for nanoseconds of 1970. */
function isInAnother(format: SessionFormat, text: string): boolean {
  try {
    return parseDaytime(text, { zone: anyZone }).format !== format;
  } catch {
    return /^\s*\d{1,21}\s*$/.test(text);
  }
}
