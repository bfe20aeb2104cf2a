import type { Scenario, ScenarioResult } from './scenario.ts';

/** What became of one scenario. */
export interface Row {
  readonly scenario: Scenario;
  readonly seconds: number;
  readonly outcome:
    | { readonly name: 'ran'; readonly result: ScenarioResult }
    | { readonly name: 'failed'; readonly reason: string }
    | { readonly name: 'skipped'; readonly reason: string };
}

export function brokenPromises({ outcome }: Row): readonly string[] {
  if (outcome.name === 'failed') return [`could not be carried out: ${outcome.reason}`];
  return outcome.name === 'ran' ? outcome.result.broken : [];
}

/** One line for the terminal; below it the broken promises, and those that could not be judged. */
export function rowLine(row: Row): string {
  const { scenario, seconds, outcome } = row;
  const what = `${scenario.area}: ${scenario.name}`;
  if (outcome.name === 'skipped') return `SKIPPED ${what}: ${outcome.reason}`;
  const broken = brokenPromises(row);
  const verdict = broken.length === 0 ? 'held' : 'BROKEN';
  const said = outcome.name === 'ran' ? `: ${outcome.result.load}; ${outcome.result.lost}` : '';
  const below = [...broken, ...notJudged(row).map((promise) => `not judged: ${promise}`)];
  const head = `${verdict.padEnd(6)} ${what} (${seconds.toFixed(1)} s)${said}`;
  return [head, ...below.map((line) => `       ${line}`)].join('\n');
}

/** The table of a run, as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  return [
    '| area | scenario | load held | lost | figures | held |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const result = row.outcome.name === 'ran' ? row.outcome.result : undefined;
      const figures = Object.entries(result?.figures ?? {}).map(([name, value]) => `${name}: ${value}`);
      const cells = [
        row.scenario.area,
        row.scenario.name,
        result?.load ?? '',
        result?.lost ?? '',
        figures.join('; '),
        verdictOf(row),
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
  ].join('\n');
}

/** The last line of a run, e.g. `26 of 26 held, 3 skipped`: what was skipped is none of those that could hold. */
export function closingLine(rows: readonly Row[]): string {
  const skipped = rows.filter(({ outcome }) => outcome.name === 'skipped').length;
  const ran = rows.length - skipped;
  const broken = rows.filter((row) => brokenPromises(row).length > 0).length;
  const inPart = rows.filter((row) => notJudged(row).length > 0).length;
  return [
    `${ran - broken} of ${ran} held`,
    ...(inPart > 0 ? [`${inPart} not judged in full`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
}

function verdictOf(row: Row): string {
  if (row.outcome.name === 'skipped') return `skipped: ${row.outcome.reason}`;
  const broken = brokenPromises(row);
  const open = notJudged(row);
  if (broken.length > 0)
    return `**no**: ${[...broken, ...open.map((one) => `Not judged: ${one}`)].join(' ')}`;
  return open.length > 0 ? `yes, but: ${open.join(' ')}` : 'yes';
}

function notJudged({ outcome }: Row): readonly string[] {
  return outcome.name === 'ran' ? (outcome.result.notJudged ?? []) : [];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
