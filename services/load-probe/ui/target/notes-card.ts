import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { timeOf } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowNames } from '../words/flow-words.ts';

/** Samples that were ok though TCP sent segments again, newest first; hidden where there are none. */
export function notesCard(series: readonly TargetStatus[], now: number): TemplateResult {
  const notes = series
    .flatMap(({ flow, notes }) => notes.map((note) => ({ ...note, flow })))
    .sort((one, other) => other.at - one.at);
  return html`<section class="card notes" ?hidden=${notes.length === 0}>
    <h2>Retransmitted segments</h2>
    <p class="quiet">These samples were ok, but slower: segments or their acknowledgements were lost or late, and TCP sent them again</p>
    <ol class="failures">
      ${notes.map(
        ({ at, detail, flow }) =>
          html`<li>${timeOf(at, now)}<b>${flowNames[flow]}</b><span>${detail}</span></li>`,
      )}
    </ol>
  </section>`;
}
