import type { Scale } from '../scenario.ts';

/** A reader of what strangers send, and what must hold whatever they send. */
export interface FuzzedParser {
  readonly name: string;
  /** How many inputs are tried at each scale. */
  readonly inputs: Readonly<Record<Scale, number>>;
  /** Inputs between two measurements of coverage, time and memory: about 50 ms of work. */
  readonly batch: number;
  /** No input is longer. */
  readonly maxBytes: number;
  /** Sources whose coverage tells whether an input is new in kind: paths in the repository. */
  readonly covers: readonly string[];
  /** How much of them a run has to reach, a few points below what it does reach. Percent of the characters. */
  readonly leastCoverage: number;
  /** What the parser looks for: random bytes alone would hardly ever get past the first check. C escapes. */
  readonly dictionary: readonly string[];
  /** Inputs to begin with. */
  readonly seeds: readonly Buffer[];
  /**
   * Tries one input. Keeps nothing between two of them.
   *
   * @returns what came of it, without what the input says: an outcome that is new makes an input worth keeping
   * @throws Error that says which promise was broken
   */
  attempt(input: Buffer): string | Promise<string>;
}

/** Every parser of what strangers send: each a file in `parsers`. */
export const parserNames = [
  'framing',
  'dialog',
  'session',
  'proxy-header',
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
