import { type HistorySpan, historySpans, targetHref } from '../app/route.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { spanWords } from './history-feed.ts';

/** The choice of how far back the charts go: links, so that each span has an address. */
export function spanLinks(name: string, chosen: HistorySpan): TemplateResult {
  return html`<nav class="spans" aria-label="Span of the charts">${historySpans.map(
    (span) => html`<a href=${targetHref(name, span)} aria-current=${span === chosen}>${spanWords[span]}</a>`,
  )}</nav>`;
}
