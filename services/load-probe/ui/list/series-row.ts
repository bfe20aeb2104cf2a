import type { TargetStatus } from '../../src/monitor/status/types.ts';
import type { SeriesChart } from '../chart/series-chart.ts';
import { sloLine } from '../target/slo-line.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowMeanings, flowNames } from '../words/flow-words.ts';
import { stateWords } from '../words/state-words.ts';
import { figuresList, figuresNote, rowFigures } from './figures.ts';
import { stateOf } from './watched-target.ts';

/**
 * One series in the row of its target: figures and chart side by side.
 *
 * @param isPaired whether another flow of the same target stands beside it
 */
export function seriesRow(
  target: TargetStatus,
  chart: SeriesChart,
  now: number,
  isPaired: boolean,
): TemplateResult {
  const { flow, state } = target;
  return html`<div class="series-row" data-state=${stateOf(state)}>
    <div class="numbers">
      <p class="series-row-head" ?hidden=${!isPaired}><b title=${flowMeanings[flow]}>${flowNames[flow]}</b><span>${stateWords(target, now)}</span></p>
      ${figuresList(rowFigures, target)}
      <p class="figures-note">${figuresNote(target)}</p>
      ${sloLine(target)}
    </div>
    ${chart.element}
  </div>`;
}
