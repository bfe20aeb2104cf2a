import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { ms, NOTHING, percent } from '../../src/stats/format.ts';
import { icon } from '../app/dom.ts';
import { targetHref } from '../app/route.ts';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { conditionWords, flowNames } from '../words/flow-words.ts';
import { placeWords } from '../words/responder-words.ts';
import { type CellTone, cellTone, type PeerGroup } from './peer-groups.ts';

/** A column: a target and one of its flows. */
interface Column {
  readonly group: PeerGroup;
  readonly flow: TargetStatus['flow'];
  /** The flow, where a target has more than one. */
  readonly isOneOfTwo: boolean;
}

const byNumber = new Intl.Collator('en', { numeric: true });

export const toneWords: Readonly<Record<CellTone, string>> = {
  up: conditionWords.up,
  down: conditionWords.down,
  pending: conditionWords.pending,
  strained: 'Up, strained',
};

/** A row for each address, a column for each flow of each target, in each cell the last minute. */
export function peerMatrix(groups: readonly PeerGroup[]): TemplateResult {
  const columns = groups.flatMap(columnsOf);
  const addresses = new Set(groups.flatMap(({ peers }) => peers.map(({ peer }) => peer!)));
  return html`<table aria-labelledby="peers-heading">
    <thead><tr><th scope="col"><b>Peer</b><span></span></th>${columns.map(columnHeading)}</tr></thead>
    <tbody>
      ${repeat(
        [...addresses].sort(byNumber.compare),
        (address) => address,
        (address) =>
          html`<tr><th scope="row">${address}${placeOf(address, groups)}</th>${columns.map((column) => matrixCell(address, column))}</tr>`,
      )}
    </tbody>
  </table>`;
}

/** Where the peer is, as one of its targets tells. */
function placeOf(address: string, groups: readonly PeerGroup[]): TemplateResult | string {
  const series = groups
    .flatMap(({ peers }) => peers.filter(({ peer }) => peer === address))
    .flatMap((peer) => peer.series);
  const place = placeWords(series.flatMap(({ responders }) => responders?.responders ?? [])[0]?.fields ?? '');
  return place === '' ? '' : html`<span class="place">${place}</span>`;
}

function columnsOf(group: PeerGroup): Column[] {
  const flows = (['fresh', 'sticky', 'sweep'] as const).filter((flow) =>
    group.peers.some(({ series }) => series.some((status) => status.flow === flow)),
  );
  return flows.map((flow) => ({ group, flow, isOneOfTwo: flows.length > 1 }));
}

function columnHeading({ flow, group, isOneOfTwo }: Column): TemplateResult {
  return html`<th scope="col"><b>${group.discovery.target}</b><span>${isOneOfTwo ? flowNames[flow] : ''}</span></th>`;
}

/** Loss on top, both percentiles below. Screen readers get the labels, which the cell does not show. */
function matrixCell(address: string, { flow, group }: Column): TemplateResult {
  const peer = group.peers.find((candidate) => candidate.peer === address);
  const status = peer?.series.find((series) => series.flow === flow);
  if (peer === undefined || status === undefined) return html`<td>${NOTHING}</td>`;
  const { lossRatio, p50Ms, p99Ms, samples } = status.window;
  const tone = cellTone(status);
  const loss = samples === 0 ? NOTHING : percent(lossRatio);
  const times = html`<span class="unseen">, p50 </span><span data-part>${ms(p50Ms)}</span><span class="unseen">, p99 </span><span data-part>${ms(p99Ms)}</span>`;
  return html`<td><a class="peer-cell" href=${targetHref(peer.name)} data-tone=${tone}>${icon(tone)}<span class="cell-loss"><span class="unseen">${toneWords[tone]}, loss </span><span data-part>${loss}</span></span><span class="cell-times">${times}</span></a></td>`;
}
