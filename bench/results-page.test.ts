import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withResults } from './results-page.ts';

const page = readFileSync(new URL('../docs/performance.md', import.meta.url), 'utf8');

it('should replace the results in the page, and nothing else', () => {
  const once = withResults(page, 'figures of one run');
  const twice = withResults(once, '\n\nfigures of another\n');
  expect(once).toContain('begin -->\n\nfigures of one run\n\n<!--');
  expect(twice).toBe(once.replace('figures of one run', 'figures of another'));
  expect(twice.split('<!--')[0]).toBe(page.split('<!--')[0]);
});

it('should refuse a page without the markers', () => {
  expect(() => withResults('# A page', 'results')).toThrow('the page needs the lines <!-- results of');
});
