import { count, counted } from '../../src/stats/format.ts';
import { element, fill, setAttribute } from '../app/dom.ts';
import { allOutcomes, outcomeWords } from '../words/outcome-words.ts';
import { clockTime, duration } from '../words/words.ts';
import type { Cell } from './cell.ts';

/** The outcomes of the span as a row of cells: low for ok, full height where samples failed. */
export class OutcomeStrip {
  readonly element = element('div', 'strip');

  constructor() {
    this.element.setAttribute('role', 'img');
  }

  draw(cells: readonly Cell[], now: number): void {
    fill(
      this.element,
      cells,
      () => element('i', 'cell'),
      (node, cell) => drawCell(node, cell, now),
    );
    setAttribute(this.element, 'aria-label', describe(cells));
  }
}

function drawCell(node: HTMLElement, cell: Cell, now: number): void {
  const family = cell.outcome === null ? 'none' : outcomeWords[cell.outcome].family;
  setAttribute(node, 'data-family', family);
  const share = cell.total === 0 ? 0 : cell.failed / cell.total;
  // Through the CSSOM: the content security policy refuses style attributes.
  if (node.style.getPropertyValue('--failed') !== String(share))
    node.style.setProperty('--failed', String(share));
  setAttribute(node, 'title', `${clockTime(cell.from * 1_000, now)}  ${countsInWords(cell)}`);
}

/** `9 ok, 1 lost`. */
export function countsInWords({ total, counts }: Pick<Cell, 'total' | 'counts'>): string {
  if (total === 0) return 'no sample';
  return allOutcomes
    .filter((outcome) => counts.has(outcome))
    .map((outcome) => `${count(counts.get(outcome)!)} ${outcomeWords[outcome].label}`)
    .join(', ');
}

/** The whole strip for those who do not see it: `Last 10 min: 600 samples, 598 ok, 2 lost`. */
export function describe(cells: readonly Cell[]): string {
  const seconds = cells.reduce((sum, { from, to }) => sum + to - from, 0);
  const total = cells.reduce((sum, cell) => sum + cell.total, 0);
  const parts = allOutcomes
    .map((outcome) => ({ outcome, seen: cells.reduce((sum, c) => sum + (c.counts.get(outcome) ?? 0), 0) }))
    .filter(({ seen }) => seen > 0)
    .map(({ outcome, seen }) => `${count(seen)} ${outcomeWords[outcome].label}`);
  return [`Last ${duration(Math.round(seconds) * 1_000)}: ${counted(total, 'sample')}`, ...parts].join(', ');
}
