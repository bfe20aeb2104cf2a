import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unescapeC } from '@echo-daytime/c-escapes';
import type { ParserName } from './parsers.ts';

/** Maximum inputs stored for a parser; the corpus of all parsers is a few hundred KB. */
const MAX_INPUTS = 300;
const MAX_BYTES = 32 * 1024;

/** The stored inputs of a parser. */
export function readCorpus(name: ParserName): Buffer[] {
  const path = pathOf(name);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').slice(0, -1).map(unescapeC);
}

/** @param inputs as `unescapeC` reads them, the most important first */
export function writeCorpus(name: ParserName, inputs: readonly string[]): number {
  const kept: string[] = [];
  let bytes = 0;
  for (const input of new Set(inputs)) {
    bytes += input.length + 1;
    if (kept.length === MAX_INPUTS || bytes > MAX_BYTES) break;
    kept.push(input);
  }
  writeFileSync(pathOf(name), kept.map((input) => `${input}\n`).join(''));
  return kept.length;
}

/** A line for each input, with C escapes. */
function pathOf(name: ParserName): string {
  return fileURLToPath(new URL(`corpus/${name}.txt`, import.meta.url));
}
