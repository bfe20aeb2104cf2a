import { timeOf } from '../app/dom.ts';
import { failuresOf, type WatchedTarget } from '../list/watched-target.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowNames } from '../words/flow-words.ts';
import { outcomeWords } from '../words/outcome-words.ts';

/** The last failures of a target: time, outcome and message. */
export function failuresCard(target: WatchedTarget, now: number): TemplateResult {
  const failures = failuresOf(target);
  const isPaired = target.series.length > 1;
  const items = failures.map(({ at, outcome, detail, flow }) => {
    const { family, label } = outcomeWords[outcome];
    const reason = isPaired ? `${label} · ${flowNames[flow].toLowerCase()}` : label;
    return html`<li><i class="swatch" data-family=${family}></i>${timeOf(at, now)}<b>${reason}</b><span>${detail}</span></li>`;
  });
  return html`<section class="card">
    <h2>Last failures</h2>
    ${
      failures.length === 0
        ? html`<p class="quiet">None recorded since the probe started.</p>`
        : html`<ol class="failures">${items}</ol>`
    }
  </section>`;
}
