import { expect, it } from 'vitest';
import { withResults } from './results-page.ts';

const page = 'before\n<!-- torture: begin -->\nold\n<!-- torture: end -->\nafter\n';

it('should take the place of the results before, and of nothing else', () => {
  const written = withResults(page, 'Run.', '| table |');
  expect(written).toBe(
    'before\n<!-- torture: begin -->\n\nRun.\n\n| table |\n\n<!-- torture: end -->\nafter\n',
  );
  expect(withResults(written, 'Run.', '| table |')).toBe(written);
});

it('should refuse a page without a place for them', () => {
  expect(() => withResults('no marks', 'Run.', '')).toThrow('must have <!-- torture: begin -->');
});
