import { read } from './tracked-files.ts';

export const OPERATIONS = 'docs/operations.md';

/** What a code span must hold to be PromQL: a series of ours, or of a process. */
const OWN_SERIES = /\b(?:l4[_:]|process_)\w/;

/** A section of the page: its heading, and the lines up to the next heading of its level or a higher one. */
export interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** The runbooks: what stands under "Alerts", a section for each heading of the next level. */
export function runbooksOf(page: string): Section[] {
  const [, alerts = ''] = page.split(/^## Alerts$/m);
  const [ofAlerts = ''] = alerts.split(/^## /m);
  return ofAlerts
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return { heading, lines };
    });
}

/** The expressions of the page that ask for series, as they are written in code spans. */
export const documentedExpressions = read(OPERATIONS)
  .split('\n')
  .flatMap((text, index) =>
    [...text.matchAll(/`([^`]+)`/g)]
      .map(([, expr = '']) => ({ where: `${OPERATIONS}:${index + 1}`, expr }))
      .filter(({ expr }) => OWN_SERIES.test(expr)),
  );
