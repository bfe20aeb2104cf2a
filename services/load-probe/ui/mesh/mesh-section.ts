import type { MeshDocument } from '../../src/monitor/mesh/types.ts';
import { count, ms, NOTHING, percent } from '../../src/stats/format.ts';
import { byId, icon, renderInto } from '../app/dom.ts';
import { toneWords } from '../peers/peer-matrix.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowNames } from '../words/flow-words.ts';
import type { MeshState } from './mesh-feed.ts';
import { type Column, type MeshMatrix, meshMatrix, type Pair, type Row } from './mesh-matrix.ts';

/** What every probe of the mesh sees of every peer. */
export class MeshSection {
  #drawn: MeshState | null = null;

  /** @param state null where this probe is in no mesh: then it is hidden */
  draw(state: MeshState | null): void {
    byId('mesh').hidden = state === null;
    // A large matrix costs more than all else, and changes less often than the page is drawn.
    if (state === null || state === this.#drawn) return;
    this.#drawn = state;
    const { document, problem } = state;
    renderInto('mesh-note', noteOf(document, problem));
    const matrix = document && meshMatrix(document);
    byId('mesh-matrix').hidden = matrix === null || matrix.rows.length === 0;
    if (matrix) renderInto('mesh-matrix', tableOf(matrix));
  }
}

function noteOf(document: MeshDocument | null, problem: string | null): string {
  const notes = [
    'From each probe (row) to each peer (column), in the last minute: the greatest loss and p99.',
  ];
  if (problem !== null) notes.push(`This is not up to date: ${problem}.`);
  if (document === null) return notes.concat(problem === null ? 'Asking the probes.' : []).join(' ');
  const { name, omitted, probes, problem: lookup } = document;
  if (lookup !== null) notes.push(`Not all probes are known: ${lookup}.`);
  else if (probes.length === 0) notes.push(`${name} has no address.`);
  if (omitted > 0) notes.push(`${count(omitted)} more are not asked: too many.`);
  return notes.join(' ');
}

function tableOf({ columns, rows }: MeshMatrix): TemplateResult {
  return html`<table aria-labelledby="mesh-heading">
    <thead><tr><th scope="col"><b>Probe</b></th>${columns.map(({ more, name }) => html`<th scope="col"><b>${name}</b><span class="place">${more}</span></th>`)}</tr></thead>
    <tbody>${rows.map((row) => rowTemplate(row, columns))}</tbody>
  </table>`;
}

function rowTemplate(row: Row, columns: readonly Column[]): TemplateResult {
  const { more, name } = row;
  const heading = html`<th scope="row">${name}<span class="place">${more}</span></th>`;
  if (row.problem !== undefined) {
    return html`<tr>${heading}<td class="no-row" colspan=${Math.max(1, columns.length)}>${row.problem}</td></tr>`;
  }
  const cells = row.pairs.map((pair, index) => pairCell(pair, name, columns[index]!.name));
  return html`<tr data-trusted=${row.isTrusted}>${heading}${cells}</tr>`;
}

/** The worst of the targets; each of them on its own in the title. */
function pairCell(pair: Pair | undefined, from: string, to: string): TemplateResult {
  if (pair === undefined) return html`<td>${NOTHING}</td>`;
  const { cells, lossRatio, p99Ms, tone } = pair;
  const loss = lossRatio === undefined ? NOTHING : percent(lossRatio);
  const all = cells.map(
    ({ flow, target, window }) =>
      `${target}, ${flowNames[flow].toLowerCase()}: loss ${window.samples === 0 ? NOTHING : percent(window.lossRatio)}, p50 ${ms(window.p50Ms)}, p99 ${ms(window.p99Ms)}`,
  );
  return html`<td><span class="peer-cell" data-tone=${tone} title=${[`${from} → ${to}`, ...all].join('\n')}>${icon(tone)}<span class="cell-loss"><span class="unseen">${toneWords[tone]}, loss </span><span data-part>${loss}</span></span><span class="cell-times"><span class="unseen">, p99 </span><span data-part>${ms(p99Ms)}</span></span></span></td>`;
}
