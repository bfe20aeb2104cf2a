import { html, noChange, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { outcomeWords } from '../words/outcome-words.ts';
import { clockTime } from '../words/words.ts';
import type { Cell } from './cell.ts';
import { countsInWords, describe } from './cell-words.ts';

/**
 * The outcomes of the span as a row of cells: low for ok, full height where samples failed.
 *
 * @param drawn the cells that the strip shows now: those that stay the same are left alone
 */
export function outcomeStrip(cells: readonly Cell[], drawn: readonly Cell[], now: number): TemplateResult {
  return html`<div class="strip" role="img" aria-label=${describe(cells)}>${cells.map((cell, index) => {
    if (cell === drawn[index]) return noChange;
    const family = cell.outcome === null ? 'none' : outcomeWords[cell.outcome].family;
    const failed = cell.total === 0 ? 0 : cell.failed / cell.total;
    const title = `${clockTime(cell.from * 1_000, now)}  ${countsInWords(cell)}`;
    // As a property: the content security policy refuses style attributes.
    return html`<i class="cell" data-family=${family} title=${title} .style=${`--failed: ${failed}`}></i>`;
  })}</div>`;
}
