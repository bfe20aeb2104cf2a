import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { timeOf } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { causeWords, lifetime } from '../words/flow-words.ts';

/** How the long-lived flows of a target ended; hidden where it has none. */
export function flowDeathsCard(series: readonly TargetStatus[], now: number): TemplateResult {
  const deaths = series.flatMap(({ flowDeaths }) => flowDeaths);
  const rows = deaths.map(
    ({ at, ageMs, cause }) =>
      html`<tr><td>${timeOf(at, now)}</td><td class="number">${lifetime(ageMs)}</td><td>${causeWords[cause]}</td></tr>`,
  );
  return html`<section class="card deaths" ?hidden=${!series.some(({ flow }) => flow === 'sticky')}>
    <h2>Flow deaths</h2>
    <p class="quiet">When the long-lived flow ended and was opened anew; equal ages point at an idle or session limit</p>
    ${
      deaths.length === 0
        ? html`<p class="quiet">None: the flow has lived since the probe opened it.</p>`
        : html`<table>
            <thead><tr><th scope="col">Died</th><th scope="col">Age</th><th scope="col">How it ended</th></tr></thead>
            <tbody>${rows}</tbody>
          </table>`
    }
  </section>`;
}
