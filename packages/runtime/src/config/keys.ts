import { readAddress } from '@echo-daytime/addresses';
import { coveredBeside } from './bind-addresses.ts';
import { quoted } from './shown-text.ts';

/**
 * One configuration key: how its text is read. `parse` throws an Error whose message completes the sentence
 * "KEY=value …" with what is allowed.
 */
export interface Key<T> {
  readonly doc: string;
  /** The default as a person would write it. */
  readonly default: string;
  parse(text: string): T;
}

/** A key for every value of a configuration. */
export type Keys<Config> = { readonly [Name in keyof Config]: Key<Config[Name]> };

/** The configuration that a set of keys reads. */
export type Values<K> = { readonly [Name in keyof K]: K[Name] extends Key<infer T> ? T : never };

/** 24 days: Node's timers hold at most 2^31 - 1 ms, and some get a little more than the value that was set. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const MAX_DURATION_MS = 24 * 24 * 3_600_000;
const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const BYTES_PER_UNIT: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Any text that `read` accepts. For other text `read` throws an Error that says what is allowed. */
export function text<T>(initial: string, doc: string, read: (text: string) => T): Key<T> {
  return { doc, default: initial, parse: read };
}

/** A whole number in a range, both ends included. */
export function wholeNumber(range: Range, initial: string, doc: string): Key<number> {
  const allowed = `must be a whole number from ${range.min} to ${range.max}`;
  return text(initial, doc, (given) => inRange(given, range, allowed));
}

/** A TCP or UDP port; 0 has the kernel pick a free one. */
export function port(initial: string, doc: string): Key<number> {
  return portKey(initial, doc, '0 = any free port');
}

/** The port of a listener that can be left out. */
export function optionalPort(initial: string, doc: string): Key<number> {
  return portKey(initial, `${doc}; 0 = off`, '0 = off');
}

function portKey(initial: string, doc: string, zero: string): Key<number> {
  const allowed = `must be a port from 0 to 65535 (${zero})`;
  return text(initial, doc, (given) => inRange(given, { min: 0, max: 65_535 }, allowed));
}

/** Milliseconds, written with a unit: `250ms`, `2s`, `2m`, `1h`. */
export function duration(initial: string, doc: string): Key<number> {
  return text(initial, doc, (given) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(given) ?? [];
    const milliseconds = Number(amount) * (MS_PER_UNIT[unit ?? ''] ?? Number.NaN);
    if (!(milliseconds <= MAX_DURATION_MS)) {
      throw new Error('must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days');
    }
    // Never rounded down to 0, because 0 means off or never.
    return Math.ceil(milliseconds);
  });
}

/** Bytes, plain or with a binary unit: `128`, `64KiB`, `1MiB`. */
export function size(range: Range, initial: string, doc: string): Key<number> {
  return text(initial, doc, (given) => {
    const [, amount, unit = 'B'] = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(given) ?? [];
    const bytes = Number(amount) * (BYTES_PER_UNIT[unit] ?? Number.NaN);
    if (bytes >= range.min && bytes <= range.max) return bytes;
    throw new Error(`must be a size such as 128, 64KiB or 1MiB, from ${range.min} to ${range.max} bytes`);
  });
}

export function choice<const T extends string>(options: readonly T[], initial: T, doc: string): Key<T> {
  return text(initial, doc, (given) => {
    const found = options.find((option) => option === given);
    if (found === undefined) throw new Error(`must be one of ${options.join(', ')}`);
    return found;
  });
}

export function onOff(initial: 'on' | 'off', doc: string): Key<boolean> {
  const { parse } = choice(['on', 'off'], initial, doc);
  return text(initial, doc, (given) => parse(given) === 'on');
}

/** Addresses to listen on, separated by commas. */
export function addresses(initial: string, doc: string): Key<readonly string[]> {
  return text(initial, doc, (given) => {
    const items = given.split(',');
    const list = items.flatMap((item) => readAddress(item.trim())?.address ?? []);
    if (new Set(list).size < items.length) {
      throw new Error(
        'must be different IP addresses separated by commas, such as 127.0.0.1,::1 (:: = every address)',
      );
    }
    const [every, covered] = coveredBeside(list) ?? [];
    if (covered === undefined) return list;
    throw new Error(`must not name ${covered} beside ${every}, which covers it; leave out one of the two`);
  });
}

/** Networks in CIDR notation, separated by commas; a bare address is a network of one address. Empty = none. */
export function networks(initial: string, doc: string): Key<readonly string[]> {
  return text(initial, doc, (given) =>
    given.trim() === '' ? [] : given.split(',').map((item) => cidr(item.trim())),
  );
}

function cidr(text: string): string {
  const [address = '', prefix, ...rest] = text.split('/');
  const read = readAddress(address);
  const bits = address.includes(':') ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!read || read.zone !== undefined || rest.length > 0 || !(length <= bits)) {
    throw new Error(
      `must be networks separated by commas, such as 192.0.2.0/24,2001:db8::/32; ${quoted(text)} is none`,
    );
  }
  return `${address}/${length}`;
}

/** A time zone that this machine's Node knows, by its IANA name. */
export function timeZone(initial: string, doc: string): Key<string> {
  return text(initial, doc, (given) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: given });
      return given;
    } catch {
      throw new Error(
        'must be an IANA time zone such as UTC, Europe/Berlin or America/New_York, or an offset such as +05:30',
      );
    }
  });
}

function inRange(text: string, range: Range, allowed: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.min && value <= range.max)) throw new Error(allowed);
  return value;
}
