import type { TargetStatus } from '../../src/monitor/status/types.ts';
import type { HistorySpan } from '../app/route.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { cellsOf } from '../chart/cell.ts';
import { SeriesChart } from '../chart/series-chart.ts';
import { allFigures, figuresList } from '../list/figures.ts';
import { stateOf } from '../list/watched-target.ts';
import { html, render, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowMeanings, flowNames } from '../words/flow-words.ts';
import { stateWords } from '../words/state-words.ts';
import { bucketCount, HistoryFeed, spanWords } from './history-feed.ts';
import { sloLine } from './slo-line.ts';

const CHART_HEIGHT_PX = 220;

/** As many buckets as fit into the picture: thinner cells would not be visible. */
const NARROW_PX = 640;
const BUCKETS = { narrow: 60, wide: 120 } as const;

/** One series in the view of its target: all figures, and the chart of the chosen span. */
export class SeriesPanel {
  readonly #id: string;
  readonly #intervalMs: number;
  readonly #chart: SeriesChart;
  readonly #note = document.createElement('p');
  #feed: HistoryFeed | null = null;
  #limitMs: number | null = null;

  constructor({ id, intervalMs }: TargetStatus, colors: () => ChartColors) {
    this.#id = id;
    this.#intervalMs = intervalMs;
    this.#chart = new SeriesChart(id, { heightPx: CHART_HEIGHT_PX, colors, scrubbable: true });
    this.#note.className = 'quiet';
    this.#note.role = 'status';
  }

  show(span: HistorySpan): void {
    this.#feed?.stop();
    const say = (words: string) => render(words, this.#note);
    say(`Loading the last ${spanWords[span]} …`);
    const room = innerWidth < NARROW_PX ? BUCKETS.narrow : BUCKETS.wide;
    this.#feed = new HistoryFeed(this.#id, span, bucketCount(span, this.#intervalMs, room), {
      onHistory: ({ buckets, spanMs, now }) => {
        say('');
        this.#chart.draw(cellsOf(buckets, spanMs), now, this.#limitMs);
      },
      onProblem: (words) => say(`The history could not be loaded: ${words}`),
    });
  }

  /** @param isPaired whether another flow of the same target stands beside it */
  template(target: TargetStatus, now: number, isPaired: boolean): TemplateResult {
    const { flow, slo, state } = target;
    this.#limitMs = slo?.maxP99Ms ?? null;
    return html`<section class="card panel" data-state=${stateOf(state)}>
      <div class="panel-head"><h2>${flowNames[flow]}</h2><span class="quiet">${flowMeanings[flow]}</span><span ?hidden=${!isPaired}>${stateWords(target, now)}</span></div>
      ${figuresList(allFigures, target)}
      <p class="figures-note">in the last minute</p>
      ${sloLine(target)} ${this.#chart.element} ${this.#note}
    </section>`;
  }

  repaint(): void {
    this.#chart.repaint();
  }

  close(): void {
    this.#feed?.stop();
    this.#chart.destroy();
  }
}
