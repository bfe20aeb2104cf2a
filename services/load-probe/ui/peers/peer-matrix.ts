import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { ms, NOTHING, percent } from '../../src/stats/format.ts';
import { element, fill, icon, setAttribute, setIcon, setText } from '../app/dom.ts';
import { targetHref } from '../app/route.ts';
import type { WatchedTarget } from '../list/watched-target.ts';
import { conditionWords, flowNames } from '../words/flow-words.ts';
import { type CellTone, cellTone, type PeerGroup } from './peer-groups.ts';

/** A target and one of its flows: what a column is of. */
interface Column {
  readonly group: PeerGroup;
  readonly flow: TargetStatus['flow'];
  /** Where a target has more than one, the column has to say which. */
  readonly isOneOfTwo: boolean;
}

const byNumber = new Intl.Collator('en', { numeric: true });

const toneWords: Readonly<Record<CellTone, string>> = {
  up: conditionWords.up,
  down: conditionWords.down,
  pending: conditionWords.pending,
  strained: 'Up, strained',
};

/** A row for each address, a column for each flow of each target, in each cell the last minute. */
export class PeerMatrix {
  readonly element = element('table');
  readonly #columns = element('tr');
  readonly #rows = element('tbody');

  constructor() {
    this.element.setAttribute('aria-labelledby', 'peers-heading');
    this.element.append(element('thead', '', this.#columns), this.#rows);
  }

  draw(groups: readonly PeerGroup[]): void {
    const columns = groups.flatMap(columnsOf);
    fill(this.#columns, [null, ...columns], makeHeading, drawHeading);
    const addresses = new Set(groups.flatMap(({ peers }) => peers.map(({ peer }) => peer!)));
    fill(this.#rows, [...addresses].sort(byNumber.compare), makeRow, (row, address) =>
      drawRow(row, address, columns),
    );
  }

  /** Puts the focus on a peer's first cell, if it has one. */
  focus(name: string): void {
    const href = targetHref(name);
    [...this.element.querySelectorAll('a')].find((link) => link.getAttribute('href') === href)?.focus();
  }
}

function columnsOf(group: PeerGroup): Column[] {
  const flows = (['fresh', 'sticky'] as const).filter((flow) =>
    group.peers.some(({ series }) => series.some((status) => status.flow === flow)),
  );
  return flows.map((flow) => ({ group, flow, isOneOfTwo: flows.length > 1 }));
}

function makeHeading(): HTMLElement {
  const heading = element('th', '', element('b'), element('span'));
  heading.scope = 'col';
  return heading;
}

function drawHeading(heading: HTMLElement, column: Column | null): void {
  setText(heading.firstElementChild!, column === null ? 'Peer' : column.group.discovery.target);
  setText(heading.lastElementChild!, column?.isOneOfTwo ? flowNames[column.flow] : '');
}

function makeRow(): HTMLElement {
  const heading = element('th');
  heading.scope = 'row';
  return element('tr', '', heading);
}

function drawRow(row: HTMLElement, address: string, columns: readonly Column[]): void {
  setText(row.firstElementChild!, address);
  const cells = columns.map(({ group, flow }) => {
    const peer = group.peers.find((candidate) => candidate.peer === address);
    const status = peer?.series.find((series) => series.flow === flow);
    return peer && status ? { peer, status } : null;
  });
  while (row.childElementCount > columns.length + 1) row.lastElementChild!.remove();
  while (row.childElementCount < columns.length + 1) row.append(element('td'));
  cells.forEach((cell, index) => {
    drawCell(row.children[index + 1] as HTMLElement, cell);
  });
}

function drawCell(
  cell: HTMLElement,
  shown: { readonly peer: WatchedTarget; readonly status: TargetStatus } | null,
): void {
  if (shown === null) {
    if (cell.textContent !== NOTHING) cell.replaceChildren(NOTHING);
    return;
  }
  if (cell.firstElementChild === null) cell.replaceChildren(makeCell());
  const { peer, status } = shown;
  const { window } = status;
  const tone = cellTone(status);
  const link = cell.firstElementChild!;
  setAttribute(link, 'href', targetHref(peer.name));
  setAttribute(link, 'data-tone', tone);
  const [sign, state, loss, p50, p99] = [...link.querySelectorAll('.icon, [data-part]')];
  setIcon(sign as SVGElement, tone);
  setText(state!, `${toneWords[tone]}, loss `);
  setText(loss!, window.samples === 0 ? NOTHING : percent(window.lossRatio));
  setText(p50!, ms(window.p50Ms));
  setText(p99!, ms(window.p99Ms));
}

/** Loss on top, both percentiles below; what stands there for the eye alone is said to those who listen. */
function makeCell(): HTMLElement {
  const part = (className: string): HTMLElement => {
    const made = element('span', className);
    made.dataset.part = '';
    return made;
  };
  return element(
    'a',
    'peer-cell',
    icon('pending'),
    element('span', 'cell-loss', part('unseen'), part('')),
    element(
      'span',
      'cell-times',
      element('span', 'unseen', ', p50 '),
      part(''),
      element('span', 'unseen', ', p99 '),
      part(''),
    ),
  );
}
