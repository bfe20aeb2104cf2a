import { renderInto } from '../app/dom.ts';
import { html } from '../vendor/lit-html/lit-html.js';
import { familyWords } from '../words/outcome-words.ts';

/** What the cells of the outcome strips mean. */
export function drawLegend(): void {
  const items = Object.entries(familyWords).map(
    ([family, words]) => html`<li><i class="swatch" data-family=${family}></i>${words}</li>`,
  );
  renderInto('families', items);
}
