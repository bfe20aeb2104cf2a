import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { renderInto } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { familyWords } from '../words/outcome-words.ts';

const entries = { line: 'median', inner: 'to p90', outer: 'to p99', gap: 'no answer', limit: 'SLO' } as const;

/** The meaning of the parts of the charts. */
export function chartKey(series: readonly TargetStatus[]): TemplateResult {
  const hasLimit = series.some(({ slo }) => slo !== null && slo.maxP99Ms !== null);
  const shown = Object.entries(entries).filter(([part]) => part !== 'limit' || hasLimit);
  return html`<p class="chart-key">${shown.map(([part, label]) => html`<span><i data-part=${part}></i>${label}</span>`)}</p>`;
}

/** The meaning of the cells of the outcome strips. */
export function drawLegend(): void {
  const items = Object.entries(familyWords).map(
    ([family, words]) => html`<li><i class="swatch" data-family=${family}></i>${words}</li>`,
  );
  renderInto('families', items);
}
