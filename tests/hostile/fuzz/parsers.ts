import type { FuzzedParser } from './fuzzed-parser.ts';

/** Every parser of what strangers send: each a file in `parsers`. */
export const parserNames = [
  'framing',
  'dialog',
  'session',
  'proxy-header',
  'targets-file',
  'target-url',
  'fault-api',
  'daytime-line',
] as const;

export type ParserName = (typeof parserNames)[number];

export function urlOf(name: ParserName): string {
  return new URL(`./parsers/${name}.ts`, import.meta.url).href;
}

/** @param url of a file that exports its `parser` */
export async function loadParser(url: string): Promise<FuzzedParser> {
  const { parser } = (await import(url)) as { parser: FuzzedParser };
  return parser;
}
