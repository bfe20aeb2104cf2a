import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { element } from '../app/dom.ts';

const entries = { line: 'median', inner: 'to p90', outer: 'to p99', gap: 'no answer', limit: 'SLO' } as const;

/** What the parts of the charts mean. */
export class ChartKey {
  readonly element = element('p', 'chart-key');
  readonly #limit: HTMLElement;

  constructor() {
    for (const [part, label] of Object.entries(entries)) {
      const swatch = element('i');
      swatch.dataset.part = part;
      this.element.append(element('span', '', swatch, label));
    }
    this.#limit = this.element.lastElementChild as HTMLElement;
  }

  draw(series: readonly TargetStatus[]): void {
    this.#limit.hidden = series.every(({ slo }) => slo === null || slo.maxP99Ms === null);
  }
}
