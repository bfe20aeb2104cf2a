import type { Scale } from '../scenario.ts';

/** A parser of network input, with the promises that must hold for any input. */
export interface FuzzedParser {
  readonly name: string;
  /** Number of inputs at each scale. */
  readonly inputs: Readonly<Record<Scale, number>>;
  /** Inputs between two measurements of coverage, time and memory: about 50 ms of work. */
  readonly batch: number;
  /** Maximum length of an input. */
  readonly maxBytes: number;
  /** Source files whose coverage decides whether an input is new; paths in the repository. */
  readonly covers: readonly string[];
  /** Minimum coverage of a run, a few points below the usual one. Percent of the characters. */
  readonly leastCoverage: number;
  /** Words that the parser looks for: random bytes alone rarely pass its first check. With C escapes. */
  readonly dictionary: readonly string[];
  /** The first inputs. */
  readonly seeds: readonly Buffer[];
  /**
   * Tries one input. Keeps no state between two inputs.
   *
   * @returns the outcome, without bytes of the input: a new outcome makes the input worth keeping
   * @throws Error that says which promise was broken
   */
  attempt(input: Buffer): string | Promise<string>;
}

/** Every parser of network input; each has a file in `parsers`. */
export const parserNames = [
  'framing',
  'dialog',
  'session',
  'stamp',
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
