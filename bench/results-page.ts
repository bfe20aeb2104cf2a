import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- results of npm run bench -- --update-docs: begin -->';
const END = '<!-- results of npm run bench -- --update-docs: end -->';

/**
 * Puts the results of a run between the markers of a page, in place of the old results.
 *
 * @throws Error when the page does not have both markers, in their order
 */
export function withResults(page: string, results: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page needs the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${results.trim()}\n\n${page.slice(end)}`;
}

export function updateResultsPage(path: URL, results: string): void {
  writeFileSync(path, withResults(readFileSync(path, 'utf8'), results));
}
