import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { Badge } from '../app/badge.ts';
import { element, setAttribute, setText } from '../app/dom.ts';
import { breaksPromise } from '../app/fleet-summary.ts';
import { targetHref } from '../app/route.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import type { Timeline } from '../chart/timeline.ts';
import { flowVerdictOf } from '../words/flow-words.ts';
import { lastFailureWords, targetSinceWords } from '../words/state-words.ts';
import { Lane, type Moment } from './series-row.ts';
import { conditionOf, stateOf, type WatchedTarget } from './watched-target.ts';

/** One target of the list: made once, then only its words, cells and points change. */
export class TargetRow {
  readonly element = element('li', 'target');
  /** Leads to the target's own view. */
  readonly link = element('a');
  readonly #colors: () => ChartColors;
  readonly #timelineOf: (seriesId: string) => Timeline;
  readonly #badge = new Badge();
  readonly #url = element('p', 'url');
  readonly #since = element('p', 'since');
  readonly #flows = element('p', 'flow-verdict', element('b'), ' ', element('span'));
  readonly #lastFailure = element('p', 'last-failure');
  readonly #laneList = element('div', 'lanes');
  readonly #lanes = new Map<string, Lane>();

  constructor(name: string, timelineOf: (seriesId: string) => Timeline, colors: () => ChartColors) {
    this.#timelineOf = timelineOf;
    this.#colors = colors;
    this.link.textContent = name;
    this.link.href = targetHref(name);
    this.element.setAttribute('aria-label', name);
    this.element.append(
      element(
        'div',
        'who',
        element('div', 'name', element('h2', '', this.link), this.#badge.element),
        this.#url,
        this.#since,
        this.#flows,
        this.#lastFailure,
      ),
      this.#laneList,
    );
  }

  draw(target: WatchedTarget, moment: Moment): void {
    const { now } = moment;
    const condition = conditionOf(target);
    setAttribute(this.element, 'data-state', stateOf(condition));
    setAttribute(this.element, 'data-strained', String(condition === 'up' && breaksPromise(target)));
    this.#badge.draw(condition);
    // A target without a name of its own is called by its URL.
    this.#url.hidden = target.url === target.name;
    setText(this.#url, target.url);
    setText(this.#since, targetSinceWords(target, now));
    const verdict = flowVerdictOf(target, now);
    this.#flows.hidden = verdict === null;
    if (verdict !== null) {
      setText(this.#flows.firstElementChild!, `${verdict.headline}.`);
      setText(this.#flows.lastElementChild!, verdict.hint);
    }
    setText(this.#lastFailure, lastFailureWords(target, now));
    this.#drawLanes(target.series, moment);
  }

  repaint(): void {
    for (const lane of this.#lanes.values()) lane.repaint();
  }

  remove(): void {
    for (const lane of this.#lanes.values()) lane.remove();
    this.element.remove();
  }

  #drawLanes(series: readonly TargetStatus[], moment: Moment): void {
    for (const [id, lane] of this.#lanes) {
      if (series.some((listed) => listed.id === id)) continue;
      lane.remove();
      this.#lanes.delete(id);
    }
    series.forEach((status, index) => {
      let lane = this.#lanes.get(status.id);
      if (lane === undefined) {
        lane = new Lane(status, this.#timelineOf(status.id), this.#colors);
        this.#lanes.set(status.id, lane);
      }
      const inPlace = this.#laneList.children[index] ?? null;
      if (inPlace !== lane.element) this.#laneList.insertBefore(lane.element, inPlace);
      lane.draw(status, moment, series.length > 1);
    });
  }
}
