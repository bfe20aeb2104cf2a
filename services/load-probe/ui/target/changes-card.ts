import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { timeOf } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';

/** What was changed on the way, the last time; hidden where nothing was, and where the target does not tell. */
export function changesCard(series: readonly TargetStatus[], now: number): TemplateResult {
  const notes = series.flatMap(({ mark, syn }) => [syn, mark]).filter((note) => note !== null);
  return html`<section class="card changes" ?hidden=${notes.every(({ changes }) => changes.length === 0)}>
    <h2>Changed on the way</h2>
    <p class="quiet">Of the last connection or datagram, as it was sent → as it was received</p>
    <ol class="failures">
      ${notes.flatMap(({ at, changes }) =>
        changes.map((change) => html`<li>${timeOf(at, now)}<span>${change}</span></li>`),
      )}
    </ol>
  </section>`;
}
