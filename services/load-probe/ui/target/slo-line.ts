import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { icon } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { sloWords } from '../words/figure-words.ts';

/** Whether one series holds its service level objective; hidden where it has none. */
export function sloLine(target: TargetStatus): TemplateResult {
  const met = target.slo?.met ?? null;
  const sign = met === null ? 'unsure' : met ? 'up' : 'strained';
  return html`<p class="slo" data-met=${String(met)} ?hidden=${target.slo === null}>${icon(sign)}<span>${sloWords(target)}</span></p>`;
}
