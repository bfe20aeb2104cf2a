import { badge } from '../app/badge.ts';
import { breaksPromise } from '../app/fleet-summary.ts';
import { targetHref } from '../app/route.ts';
import type { SeriesChart } from '../chart/series-chart.ts';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowFindingOf } from '../words/flow-words.ts';
import { lastFailureWords, targetSinceWords } from '../words/state-words.ts';
import { seriesRow } from './series-row.ts';
import { conditionOf, stateOf, type WatchedTarget } from './watched-target.ts';

/** One target of the list. */
export function targetRow(
  target: WatchedTarget,
  now: number,
  chartOf: (seriesId: string) => SeriesChart,
): TemplateResult {
  const { name, series, url } = target;
  const condition = conditionOf(target);
  const isStrained = condition === 'up' && breaksPromise(target);
  const finding = flowFindingOf(target, now);
  return html`<li class="target" aria-label=${name} data-state=${stateOf(condition)} data-strained=${isStrained}>
    <div class="who">
      <div class="name"><h2><a href=${targetHref(name)}>${name}</a></h2>${badge(condition)}</div>
      <p class="url" ?hidden=${url === name}>${url}</p>
      <p class="since">${targetSinceWords(target, now)}</p>
      <p class="flow-finding" ?hidden=${finding === null}><b>${finding?.headline}.</b> <span>${finding?.hint}</span></p>
      <p class="last-failure">${lastFailureWords(target, now)}</p>
    </div>
    <div class="series-rows">
      ${repeat(
        series,
        ({ id }) => id,
        (status) => seriesRow(status, chartOf(status.id), now, series.length > 1),
      )}
    </div>
  </li>`;
}
