import { Badge } from '../app/badge.ts';
import { element, setAttribute, setText } from '../app/dom.ts';
import { type HistorySpan, LIST_HREF } from '../app/route.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { ChartKey } from '../chart/chart-key.ts';
import { conditionOf, stateOf, type WatchedTarget } from '../list/watched-target.ts';
import { flowVerdictOf } from '../words/flow-words.ts';
import { targetSinceWords } from '../words/state-words.ts';
import { setting } from '../words/words.ts';
import { FailedAddressesCard } from './failed-addresses-card.ts';
import { FailuresCard } from './failures-card.ts';
import { FlowDeathsCard } from './flow-deaths-card.ts';
import { OutcomesCard } from './outcomes-card.ts';
import { PhasesCard } from './phases-card.ts';
import { SeriesPanel } from './series-panel.ts';
import { SpanLinks } from './span-links.ts';

/** Everything about one target, at an address of its own. */
export class TargetView {
  readonly element = element('article', 'view');
  readonly name: string;
  readonly #colors: () => ChartColors;
  readonly #heading: HTMLHeadingElement;
  readonly #badge = new Badge();
  readonly #since = element('p', 'since');
  readonly #facts = element('p', 'quiet');
  readonly #flows = element('div', 'flow-verdict', element('h2'), element('p'));
  readonly #missing = element(
    'p',
    'quiet',
    'The probe has no target of this name now. It may have left the list of targets, or a peer DNS.',
  );
  readonly #key = new ChartKey();
  readonly #spans: SpanLinks;
  readonly #body = element('div', 'view-body');
  readonly #panelList = element('div', 'panels');
  readonly #panels = new Map<string, SeriesPanel>();
  readonly #phases = new PhasesCard();
  readonly #failures = new FailuresCard();
  readonly #addresses = new FailedAddressesCard();
  readonly #deaths = new FlowDeathsCard();
  readonly #outcomes = new OutcomesCard();
  readonly #json = element('p', 'quiet json');
  #span: HistorySpan;

  constructor(name: string, span: HistorySpan, colors: () => ChartColors) {
    this.name = name;
    this.#span = span;
    this.#colors = colors;
    this.#heading = element('h1', '', name);
    this.#heading.tabIndex = -1;
    const back = element('a', 'back', 'All targets');
    back.href = LIST_HREF;
    this.#spans = new SpanLinks(name);
    this.#spans.draw(span);
    this.#badge.element.setAttribute('role', 'status');
    this.#badge.element.hidden = true;
    this.#missing.hidden = true;
    this.#body.hidden = true;
    this.#flows.hidden = true;
    this.#body.append(
      element('div', 'panels-head', this.#key.element, this.#spans.element),
      this.#panelList,
      element(
        'div',
        'cards',
        element(
          'div',
          'card-stack',
          this.#failures.element,
          this.#addresses.element,
          this.#phases.element,
          this.#deaths.element,
        ),
        element('div', 'card-stack', this.#outcomes.element),
      ),
      this.#json,
    );
    this.element.append(
      back,
      element(
        'header',
        'view-head',
        element('div', 'name', this.#heading, this.#badge.element),
        this.#since,
        this.#facts,
      ),
      this.#flows,
      this.#missing,
      this.#body,
    );
  }

  /** Moves the focus here, for those who came by a link and do not see that the page has changed. */
  focus(): void {
    this.#heading.focus();
  }

  show(span: HistorySpan): void {
    if (span === this.#span) return;
    this.#span = span;
    this.#spans.draw(span);
    for (const panel of this.#panels.values()) panel.show(span);
  }

  /** @param target undefined when the probe knows none of this name */
  draw(target: WatchedTarget | undefined, now: number): void {
    this.#missing.hidden = target !== undefined;
    this.#body.hidden = target === undefined;
    this.#badge.element.hidden = target === undefined;
    this.#since.hidden = target === undefined;
    this.#facts.hidden = target === undefined;
    if (target === undefined) {
      this.#flows.hidden = true;
      for (const panel of this.#panels.values()) panel.remove();
      this.#panels.clear();
      return;
    }
    const condition = conditionOf(target);
    setAttribute(this.element, 'data-state', stateOf(condition));
    this.#badge.draw(condition);
    setText(this.#since, targetSinceWords(target, now));
    setText(this.#facts, factsOf(target));
    this.#key.draw(target.series);
    this.#drawFlows(target, now);
    this.#drawPanels(target, now);
    this.#phases.draw(target.series);
    this.#failures.draw(target, now);
    this.#addresses.draw(target.series, now);
    this.#deaths.draw(target.series, now);
    this.#outcomes.draw(target.series);
    this.#drawJson(target);
  }

  repaint(): void {
    for (const panel of this.#panels.values()) panel.repaint();
  }

  remove(): void {
    for (const panel of this.#panels.values()) panel.remove();
    this.element.remove();
  }

  #drawFlows(target: WatchedTarget, now: number): void {
    const verdict = flowVerdictOf(target, now);
    this.#flows.hidden = verdict === null;
    if (verdict === null) return;
    setText(this.#flows.firstElementChild!, verdict.headline);
    setText(this.#flows.lastElementChild!, verdict.explanation);
  }

  #drawPanels({ series }: WatchedTarget, now: number): void {
    for (const [id, panel] of this.#panels) {
      if (series.some((listed) => listed.id === id)) continue;
      panel.remove();
      this.#panels.delete(id);
    }
    for (const status of series) {
      let panel = this.#panels.get(status.id);
      if (panel === undefined) {
        panel = new SeriesPanel(status, this.#colors);
        this.#panels.set(status.id, panel);
        this.#panelList.append(panel.element);
        panel.show(this.#span);
      }
      panel.draw(status, now, series.length > 1);
    }
  }

  #drawJson({ series }: WatchedTarget): void {
    if (this.#json.childElementCount === series.length) return;
    const links = series.flatMap(({ id }) => {
      const link = element('a', '', id);
      link.href = `api/targets/${encodeURIComponent(id)}`;
      return [' ', link];
    });
    this.#json.replaceChildren('All of this, with the recent samples, as JSON:', ...links);
  }
}

function factsOf({ url, peer, series }: WatchedTarget): string {
  const { intervalMs, timeoutMs } = series[0]!;
  const address = peer === null ? '' : ` · discovered at ${peer}`;
  return `${url}${address} · one sample every ${setting(intervalMs)}, timeout ${setting(timeoutMs)}`;
}
