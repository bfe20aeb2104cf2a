import type { RespondersStatus, TargetStatus } from '../../src/monitor/status/types.ts';
import { count, counted, percent } from '../../src/stats/format.ts';
import { timeOf } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowNames } from '../words/flow-words.ts';
import { placeWords } from '../words/responder-words.ts';

/** Who answered, by how many of the answers; hidden where none is known. */
export function respondersCard(series: readonly TargetStatus[], now: number): TemplateResult {
  const telling = series.filter(({ responders }) => (responders?.known ?? 0) > 0);
  return html`<section class="card responders" ?hidden=${telling.length === 0}>
    <h2>Who answers</h2>
    <p class="quiet">Since the probe started</p>
    ${telling.map((status) => responderTable(status, telling.length > 1))}
    ${series.map((status) => affinityNote(status, now))}
  </section>`;
}

function responderTable({ flow, responders }: TargetStatus, isOneOfTwo: boolean): TemplateResult {
  const { known, responders: listed } = responders!;
  return html`<table>
    <caption ?hidden=${!isOneOfTwo}>${flowNames[flow]}</caption>
    <thead class="unseen"><tr><th>Responder</th><th>Share</th><th>Answers</th></tr></thead>
    <tbody>
      ${listed.map(
        ({ count: answers, fields, name }) =>
          html`<tr><th scope="row">${name}<span>${placeWords(fields)}</span></th><td>${percent(answers / known)}</td><td>${count(answers)}</td></tr>`,
      )}
    </tbody>
  </table>
  <p class="quiet" ?hidden=${othersOf(responders!) === ''}>${othersOf(responders!)}</p>`;
}

function othersOf({ other, unknown, unknownDetail }: RespondersStatus): string {
  const parts = [
    other > 0 ? `${counted(other, 'answer')} of others` : '',
    unknown > 0 ? `${counted(unknown, 'answer')} did not tell: ${unknownDetail}` : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** A balancer moved the flow though it was not opened again. */
function affinityNote({ affinityBreaks }: TargetStatus, now: number): TemplateResult {
  const { count: breaks = 0, last = null } = affinityBreaks ?? {};
  const { at = now, from = '', to = '' } = last ?? {};
  return html`<p class="affinity" ?hidden=${breaks === 0}>
    The old flow went over to another responder ${counted(breaks, 'time')}, the last time ${timeOf(at, now)} from ${from} to ${to}
  </p>`;
}
