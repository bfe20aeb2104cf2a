import type { Leak, TargetStatus } from '../../src/monitor/status/types.ts';
import { counted, ms } from '../../src/stats/format.ts';
import { timeOf } from '../app/dom.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';

/** When samples got through to a target that must be blocked, newest first; hidden for other targets. */
export function leaksCard(series: readonly TargetStatus[], now: number): TemplateResult {
  const leaks = series.flatMap(({ leaks }) => leaks ?? []).toSorted((one, other) => other.from - one.from);
  const [blocked] = series.filter(({ expect }) => expect === 'blocked');
  return html`<section class="card" ?hidden=${blocked === undefined}>
    <h2>Leaks</h2>
    <p class="quiet">Must be blocked, while ${blocked?.control} passes</p>
    ${
      leaks.length === 0
        ? html`<p class="quiet">None since the probe started.</p>`
        : html`<ol class="failures">${leaks.map(
            (leak) =>
              html`<li><i class="swatch" data-family="wrong"></i>${timeOf(leak.from, now)}<span>${leakInWords(leak)}</span></li>`,
          )}</ol>`
    }
  </section>`;
}

/** `for 1.5 s, each end to within 100 ms: 31 samples got through`. */
function leakInWords({ from, notAfter, notBefore, samples, to, uncertaintyMs }: Leak): string {
  const bounds = [
    ...(notBefore === null ? ['may have begun earlier'] : []),
    ...(notAfter === null ? ['has not ended as far as is known'] : []),
    ...(uncertaintyMs === null ? [] : [`each end to within ${ms(uncertaintyMs)}`]),
  ];
  return `for ${ms(to - from)}, ${bounds.join(', ')}: ${counted(samples, 'sample')} got through`;
}
