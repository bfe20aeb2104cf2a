import { element, setAttribute } from '../app/dom.ts';
import { type HistorySpan, historySpans, targetHref } from '../app/route.ts';
import { spanWords } from './history-feed.ts';

/** The choice of how far back the charts go: links, so that each span has an address. */
export class SpanLinks {
  readonly element = element('nav', 'spans');

  constructor(name: string) {
    this.element.setAttribute('aria-label', 'Span of the charts');
    for (const span of historySpans) {
      const link = element('a', '', spanWords[span]);
      link.href = targetHref(name, span);
      this.element.append(link);
    }
  }

  draw(chosen: HistorySpan): void {
    historySpans.forEach((span, index) => {
      setAttribute(this.element.children[index]!, 'aria-current', String(span === chosen));
    });
  }
}
