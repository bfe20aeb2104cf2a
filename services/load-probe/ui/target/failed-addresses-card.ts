import type { AddressNote, TargetStatus } from '../../src/monitor/status/types.ts';
import { timeOf } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';

/** Addresses of a target's name that failed while another one worked; hidden where none did. */
export function failedAddressesCard(series: readonly TargetStatus[], now: number): TemplateResult {
  const notes = notesOf(series);
  return html`<section class="card addresses" ?hidden=${notes.length === 0}>
    <h2>Failed addresses</h2>
    <p class="quiet">Another address of the same name worked; clients that try one only have it worse</p>
    <ol class="failures">
      ${notes.map(
        ({ address, at, detail }) => html`<li>${timeOf(at, now)}<b>${address}</b><span>${detail}</span></li>`,
      )}
    </ol>
  </section>`;
}

/** The newest failure of each address, newest first, of all flows. */
function notesOf(series: readonly TargetStatus[]): AddressNote[] {
  const oldestFirst = series.flatMap(({ failedAddresses }) => failedAddresses).sort((a, b) => a.at - b.at);
  return [...new Map(oldestFirst.map((note) => [note.address, note])).values()].sort((a, b) => b.at - a.at);
}
