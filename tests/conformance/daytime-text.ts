import { setTimeout as delay } from 'node:timers/promises';
import { DaytimeParseError, type ParsedDaytime, parseDaytime } from '@echo-daytime/daytime-format';
import type { Endpoint } from './target.ts';
import { hex, Violation } from './violation.ts';

/** Fetches the answer of a daytime service. */
export type ReadDaytime = (endpoint: Endpoint) => Promise<Buffer>;

/** How far the clocks of two hosts may be apart before "current" is the wrong word. */
const CLOCK_TOLERANCE_MS = 2 * 60_000;
/** Local time is a multiple of this away from UTC. */
const ZONE_STEP_MS = 15 * 60_000;
/** UTC-12 to UTC+14, and an hour to spare. */
const MAX_ZONE_MS = 15 * 3_600_000;
/** The lines have whole seconds: within this time the next one has to be another. */
const NEXT_SECOND_MS = 2_500;
const POLL_MS = 100;

/** The two that RFC 867 calls popular. */
const POPULAR_FORMATS: readonly ParsedDaytime['format'][] = ['rfc867', 'smtp'];

export function sendsCurrentTime(read: ReadDaytime) {
  return async (endpoint: Endpoint): Promise<void> => {
    const first = await read(endpoint);
    expectNow(first);
    const deadline = performance.now() + NEXT_SECOND_MS;
    while ((await read(endpoint)).equals(first)) {
      if (performance.now() > deadline) {
        throw new Violation(`the time stands still at ${quoted(first)}`);
      }
      await delay(POLL_MS);
    }
  };
}

export function sendsAscii(read: ReadDaytime) {
  return async (endpoint: Endpoint): Promise<void> => {
    const text = await read(endpoint);
    if (text.length === 0) throw new Violation('there is no text at all');
    const at = text.findIndex((byte) => byte > 0x7f);
    if (at >= 0) throw new Violation(`byte ${at} is ${hex(text[at])}, which is not ASCII`);
  };
}

export function sendsPrintingCharacters(read: ReadDaytime) {
  return async (endpoint: Endpoint): Promise<void> => {
    const text = await read(endpoint);
    const at = text.findIndex((byte) => !(byte >= 0x20 && byte <= 0x7e) && byte !== 0x0d && byte !== 0x0a);
    if (at >= 0) throw new Violation(`byte ${at} is ${hex(text[at])}`);
  };
}

export function sendsOneLine(read: ReadDaytime) {
  return async (endpoint: Endpoint): Promise<void> => {
    const text = await read(endpoint);
    if (/[\r\n]/.test(withoutLineEnd(text))) throw new Violation(`more than one line: ${quoted(text)}`);
  };
}

export function sendsPopularSyntax(read: ReadDaytime) {
  return async (endpoint: Endpoint): Promise<void> => {
    const text = await read(endpoint);
    const { format } = parsed(text);
    if (!POPULAR_FORMATS.includes(format)) {
      throw new Violation(`the syntax is ${format}: ${quoted(text)}`);
    }
  };
}

/** An answer to some input has to be a daytime like any other. */
export function expectSameSyntax(answers: readonly Buffer[]): void {
  const [first, ...others] = answers.map((text) => ({ text, format: parsed(text).format }));
  for (const other of others) {
    if (other.format !== first?.format) {
      throw new Violation(`input changes the answer: ${quoted(other.text)}`);
    }
  }
}

function expectNow(text: Buffer): void {
  const { instant, format } = parsed(text);
  const apartMs = Math.abs(Number(instant / 1_000_000n) - Date.now());
  // ctime names no zone: any will do.
  const isLocal = format === 'ctime' && apartMs <= MAX_ZONE_MS;
  const fromStepMs = apartMs % ZONE_STEP_MS;
  const errorMs = isLocal ? Math.min(fromStepMs, ZONE_STEP_MS - fromStepMs) : apartMs;
  if (errorMs > CLOCK_TOLERANCE_MS) {
    throw new Violation(`${quoted(text)} is ${Math.round(errorMs / 1_000)} s from this host's time`);
  }
}

function parsed(text: Buffer): ParsedDaytime {
  try {
    return parseDaytime(text.toString('latin1'));
  } catch (error) {
    if (!(error instanceof DaytimeParseError)) throw error;
    throw new Violation(`no date and time that this program can read: ${error.seen}`);
  }
}

function withoutLineEnd(text: Buffer): string {
  return text.toString('latin1').replace(/\r?\n$/, '');
}

function quoted(text: Buffer): string {
  return JSON.stringify(withoutLineEnd(text));
}
