import type { Scenario, ScenarioResult } from './scenario.ts';

/** What became of one scenario. */
export interface Row {
  readonly scenario: Scenario;
  readonly seconds: number;
  readonly outcome:
    | { readonly name: 'ran'; readonly result: ScenarioResult }
    | { readonly name: 'failed'; readonly reason: string };
}

export function brokenPromises({ outcome }: Row): readonly string[] {
  return outcome.name === 'failed' ? [`could not be carried out: ${outcome.reason}`] : outcome.result.broken;
}

/** One line for the terminal, with the broken promises below it. */
export function rowLine(row: Row): string {
  const broken = brokenPromises(row);
  const verdict = broken.length === 0 ? 'held' : 'BROKEN';
  const { area, name } = row.scenario;
  const said = row.outcome.name === 'ran' ? `${row.outcome.result.load}; ${row.outcome.result.lost}` : '';
  const head = `${verdict.padEnd(6)} ${area}: ${name} (${row.seconds.toFixed(1)} s)${said === '' ? '' : `: ${said}`}`;
  return [head, ...broken.map((promise) => `       ${promise}`)].join('\n');
}

/** The table of a run, as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  return [
    '| area | scenario | load held | lost | figures | held |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const result = row.outcome.name === 'ran' ? row.outcome.result : undefined;
      const figures = Object.entries(result?.figures ?? {}).map(([name, value]) => `${name}: ${value}`);
      const broken = brokenPromises(row);
      const cells = [
        row.scenario.area,
        row.scenario.name,
        result?.load ?? '',
        result?.lost ?? '',
        figures.join('; '),
        broken.length === 0 ? 'yes' : `**no**: ${broken.join(' ')}`,
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
