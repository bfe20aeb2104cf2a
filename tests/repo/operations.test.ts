import { describe, expect, it } from 'vitest';
import { anchorsOf } from '../docs/links.ts';
import { tableOf } from '../harness/markdown.ts';
import { OPERATIONS, runbooksOf } from './operations-page.ts';
import { alertingRules } from './rule-files.ts';
import { read } from './tracked-files.ts';

const page = read(OPERATIONS);
const runbooks = runbooksOf(page);

describe(OPERATIONS, () => {
  it('should have a runbook for every alert, and an alert for every runbook', () => {
    const headings = runbooks.map(({ heading }) => heading);
    expect(headings.sort()).toEqual(alertingRules.map(({ alert }) => alert).sort());
  });

  it.each(alertingRules)('should be where the annotation of $alert leads', ({ annotations }) => {
    const [path, anchor] = annotations?.runbook?.split('#') ?? [];
    expect(path).toBe(OPERATIONS);
    expect(anchorsOf(page).filter((candidate) => candidate === anchor)).toHaveLength(1);
  });

  it.each(runbooks)(
    'should say what $heading means, whence it comes and what to do',
    ({ heading, lines }) => {
      const [meaning] = lines.filter((line) => line !== '');
      expect(meaning).toMatch(/^[A-Z].{40}/);
      const causes = tableOf(OPERATIONS, heading);
      for (const cells of causes) {
        expect(cells, cells.join()).toHaveLength(3);
        for (const cell of cells) expect(cell, cells.join()).not.toBe('');
      }
    },
  );
});

describe('the runbooks of a page', () => {
  it('should be the sections under its alerts, and no others', () => {
    const sections = [
      '## Before',
      '### L4A',
      '## Alerts',
      'first',
      '### L4B',
      'b',
      '### L4C',
      '## On',
      '### L4D',
    ];
    expect(runbooksOf(sections.join('\n')).map(({ heading }) => heading)).toEqual(['L4B', 'L4C']);
  });
});
