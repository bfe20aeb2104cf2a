import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';

const entries = { line: 'median', inner: 'to p90', outer: 'to p99', gap: 'no answer', limit: 'SLO' } as const;

/** What the parts of the charts mean. */
export function chartKey(series: readonly TargetStatus[]): TemplateResult {
  const hasLimit = series.some(({ slo }) => slo !== null && slo.maxP99Ms !== null);
  const shown = Object.entries(entries).filter(([part]) => part !== 'limit' || hasLimit);
  return html`<p class="chart-key">${shown.map(([part, label]) => html`<span><i data-part=${part}></i>${label}</span>`)}</p>`;
}
