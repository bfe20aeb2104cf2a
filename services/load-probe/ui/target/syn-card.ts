import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { timeOf } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';

/** What was changed in the SYN of the last connection; hidden where nothing was, and where the target does not tell. */
export function synCard(series: readonly TargetStatus[], now: number): TemplateResult {
  const notes = series.flatMap(({ syn }) => syn ?? []);
  return html`<section class="card syn" ?hidden=${notes.every(({ changes }) => changes.length === 0)}>
    <h2>Changed on the way</h2>
    <p class="quiet">The SYN of the last connection, as it was sent → as the target received it</p>
    <ol class="failures">
      ${notes.flatMap(({ at, changes }) =>
        changes.map((change) => html`<li>${timeOf(at, now)}<span>${change}</span></li>`),
      )}
    </ol>
  </section>`;
}
