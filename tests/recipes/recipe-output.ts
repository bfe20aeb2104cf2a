import { type FormatName, isFormatName, openZone, parseDaytime } from '@echo-daytime/daytime-format';

const REMOTE = String.raw`127\.0\.0\.1:\d{1,5}|\[::1\]:\d{1,5}`;
const RANDOM = String.raw`\d|[1-9]\d`;
/** A line of time ends with CRLF, of which a page of text can show the LF only. */
const TIME = String.raw`[\x20-\x7e]+\r`;

/** A time that a client has printed. */
interface PrintedTime {
  readonly format: FormatName;
  readonly line: string;
}

/**
 * Compares what a client printed with a recipe's output, byte for byte but for the placeholders.
 *
 * @returns the times in it; undefined when it does not match
 */
export function matchOutput(printed: string, output: string): PrintedTime[] | undefined {
  const formats: FormatName[] = [];
  const pattern = output
    .split(/(\{[^{}]+\})/)
    .map((part) => {
      const placeholder = /^\{(.+)\}$/.exec(part)?.[1];
      if (placeholder === undefined) return RegExp.escape(part);
      if (placeholder === 'remote') return `(?:${REMOTE})`;
      if (placeholder === 'random') return `(?:${RANDOM})`;
      if (!isFormatName(placeholder)) throw new Error(`nobody knows what {${placeholder}} stands for`);
      formats.push(placeholder);
      return `(${TIME})`;
    })
    .join('');
  const match = new RegExp(`^${pattern}$`).exec(printed);
  return match?.slice(1).map((line, index) => ({ line, format: formats[index]! }));
}

/** Milliseconds since the Unix epoch, in the time zone that the recipe's server was given. */
export function instantOf({ line, format }: PrintedTime, server: string): number {
  const zone = openZone(/\bTZ=(\S+)/.exec(server)?.[1] ?? 'UTC');
  return Number(parseDaytime(line.replace('\r', ''), { format, zone }).instant / 1_000_000n);
}
