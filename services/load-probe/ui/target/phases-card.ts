import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { ms } from '../../src/stats/format.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowNames } from '../words/flow-words.ts';
import { type Bar, barsOf } from './phase-bars.ts';

/** Where the time of a sample goes: the median of each phase, as a waterfall for each series. */
export function phasesCard(series: readonly TargetStatus[]): TemplateResult {
  const shown = series
    .map((one) => ({ flow: one.flow, bars: barsOf(one) }))
    .filter(({ bars }) => bars.length > 0);
  return html`<section class="card phases">
    <h2>Where the time goes</h2>
    <p class="quiet">Median of each phase in the last minute</p>
    <p class="quiet" ?hidden=${shown.length > 0}>No sample has come through in the last minute.</p>
    ${shown.map(
      ({ flow, bars }) => html`<table>
        <caption ?hidden=${series.length === 1}>${flowNames[flow]}</caption>
        <tbody>${barRows(bars)}</tbody>
      </table>`,
    )}
  </section>`;
}

function barRows(bars: readonly Bar[]): TemplateResult[] {
  const widthMs = Math.max(...bars.map(({ startMs, lengthMs }) => startMs + lengthMs));
  const share = (length: number): string => `${(length / widthMs) * 100}%`;
  return bars.map(({ label, startMs, lengthMs }) => {
    // As a property: the content security policy refuses style attributes.
    const style = `--start: ${share(startMs)}; --length: ${share(lengthMs)}`;
    return html`<tr><th scope="row">${label}</th><td class="track"><i .style=${style}></i></td><td class="number">${ms(lengthMs)}</td></tr>`;
  });
}
