import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { count, percent } from '../../src/stats/format.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowNames } from '../words/flow-words.ts';
import { outcomesOf, outcomeWords } from '../words/outcome-words.ts';

/** How often each outcome was seen since the probe started, a column for each series. */
export function outcomesCard(series: readonly TargetStatus[]): TemplateResult {
  const possible = outcomesOf(series[0]!.expect);
  const columns = series.map(({ flow, outcomes }) => ({
    label: series.length > 1 ? flowNames[flow] : 'Samples',
    outcomes,
    total: possible.reduce((sum, outcome) => sum + outcomes[outcome], 0),
  }));
  const rows = possible.map((outcome) => {
    const { label, meaning, family } = outcomeWords[outcome];
    const wasSeen = columns.some(({ outcomes }) => outcomes[outcome] > 0);
    const numbers = columns.map(({ outcomes, total }) => {
      const seen = outcomes[outcome];
      return html`<td class="number" data-seen=${seen > 0}><b>${count(seen)}</b> <span>${seen === 0 ? '' : percent(seen / total)}</span></td>`;
    });
    return html`<tr><th scope="row" data-seen=${wasSeen}><i class="swatch" data-family=${family}></i>${label}</th><td class="meaning">${meaning}</td>${numbers}</tr>`;
  });
  return html`<section class="card outcomes">
    <h2>Outcomes</h2>
    <p class="quiet">Samples since the probe started</p>
    <table>
      <thead><tr><th scope="col">Outcome</th><th scope="col">Meaning</th>${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead>
      <tbody>${rows}</tbody>
    </table>
  </section>`;
}
