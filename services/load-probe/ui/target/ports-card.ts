import type { SweepReport, TargetStatus } from '../../src/monitor/status/types.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { badPortsInWords, portInWords, portsInWords } from '../words/port-words.ts';
import { sentenceCase } from '../words/words.ts';

/** The source ports of a sweep, a cell for each by what it lost; hidden where the target has no sweep. */
export function portsCard(series: readonly TargetStatus[]): TemplateResult {
  const sweeps = series.flatMap(({ sweep }) => sweep ?? []);
  return html`<section class="card ports" ?hidden=${sweeps.length === 0}>
    <h2>Source ports</h2>
    <p class="quiet">The last samples from each port, in the order of the ports</p>
    ${sweeps.map(
      (sweep) => html`<p data-bad=${sweep.bad.length > 0}>${sentenceCase(sweep.sentence)}.</p>
        ${portStrip(sweep)}
        <p class="quiet" ?hidden=${sweep.bad.length === 0}>${badPortsInWords(sweep)}</p>`,
    )}
  </section>`;
}

function portStrip(sweep: SweepReport): TemplateResult {
  return html`<div class="strip" role="img" aria-label=${portsInWords(sweep)}>${sweep.ports.map((tally) => {
    const { lost, sent } = tally;
    const family = lost === 0 ? 'good' : lost === sent ? 'silent' : 'slow';
    // As a property: the content security policy refuses style attributes.
    return html`<i class="cell" data-family=${family} title=${portInWords(tally)} .style=${`--failed: ${lost / sent}`}></i>`;
  })}</div>`;
}
