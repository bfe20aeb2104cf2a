import type uPlotType from 'uplot';
import uPlot from '../vendor/uplot.js';
import { axisLatency } from '../words/words.ts';
import type { Cell } from './cell.ts';
import { lonelyAnswers, paintGaps, paintLimit } from './chart-paint.ts';
import { LEAST_MS, limitsFor, stepsBetween } from './chart-scale.ts';

/** Room for the labels of the y axis; the strip below starts where the plot does (`--axis` in theme.css). */
const AXIS_PX = 52;

/** Room that a label of the y axis needs. */
const LABEL_PX = 20;

export interface ChartColors {
  readonly line: string;
  readonly edge: string;
  /** From the median to p90, and from there to p99. */
  readonly inner: string;
  readonly outer: string;
  readonly grid: string;
  readonly text: string;
  readonly gap: string;
  readonly limit: string;
}

export interface ChartOptions {
  readonly heightPx: number;
  readonly colors: () => ChartColors;
  /** Called with the cell that the pointer is on, or null when it has left. */
  readonly onPoint: (index: number | null) => void;
}

/** The round-trip times of one series: median, and bands up to p90 and p99. As wide as its outcome strip. */
export class BandChart {
  readonly #plot: uPlotType;
  readonly #resize: ResizeObserver;
  #cells: readonly Cell[] = [];
  #limitMs: number | null = null;

  constructor(parent: HTMLElement, { heightPx, colors, onPoint }: ChartOptions) {
    const line = (stroke: () => string, width: number): uPlotType.Series => ({
      stroke,
      width,
      // A line needs two points; an answer between two gaps is a dot.
      points: {
        show: true,
        size: width * 2.5,
        width: 0,
        fill: stroke,
        filter: (plot, series) => lonelyAnswers(plot, series),
      },
    });
    this.#plot = new uPlot(
      {
        width: Math.max(parent.clientWidth, 1),
        height: heightPx,
        padding: [7, 0, 7, 0],
        legend: { show: false },
        // The pointer on one chart shows the same time on the charts of all targets.
        cursor: {
          y: false,
          drag: { x: false, y: false },
          points: { show: false },
          sync: { key: 'rtt', scales: ['x', null] },
        },
        scales: {
          x: { time: false, range: () => [this.#cells[0]?.from ?? 0, this.#cells.at(-1)?.to ?? 1] },
          y: { distr: 3, range: () => this.#limits() },
        },
        axes: [
          { show: false },
          {
            size: AXIS_PX,
            gap: 6,
            font: '11px system-ui, sans-serif',
            stroke: () => colors().text,
            ticks: { show: false },
            grid: { stroke: () => colors().grid, width: 1 },
            splits: (_plot, _axis, min, max) => stepsBetween(min, max, Math.floor(heightPx / LABEL_PX)),
            // uPlot would keep decades only.
            filter: (_plot, splits) => splits,
            values: (_plot, splits) => splits.map((ms) => (this.#isEmpty ? '' : axisLatency(ms))),
          },
        ],
        series: [
          {},
          line(() => colors().line, 1.75),
          { stroke: 'transparent', points: { show: false } },
          line(() => colors().edge, 1),
        ],
        bands: [
          { series: [3, 2], fill: () => colors().outer },
          { series: [2, 1], fill: () => colors().inner },
        ],
        hooks: {
          drawClear: [(plot) => paintGaps(plot, this.#cells, colors().gap)],
          draw: [(plot) => paintLimit(plot, this.#limitMs, colors().limit)],
          setCursor: [({ cursor: { idx } }) => onPoint(idx ?? null)],
        },
      },
      [[], [], [], []],
      parent,
    );
    this.#resize = new ResizeObserver(() => {
      this.#plot.setSize({ width: Math.max(parent.clientWidth, 1), height: heightPx });
    });
    this.#resize.observe(parent);
  }

  /** @param limitMs the SLO limit of p99, if there is one */
  draw(cells: readonly Cell[], limitMs: number | null): void {
    this.#cells = cells;
    this.#limitMs = limitMs;
    const ms = (value: number | null) => (value === null ? null : Math.max(value, LEAST_MS));
    this.#plot.setData([
      cells.map(({ from, to }) => (from + to) / 2),
      cells.map(({ p50Ms }) => ms(p50Ms)),
      cells.map(({ p90Ms }) => ms(p90Ms)),
      cells.map(({ p99Ms }) => ms(p99Ms)),
    ]);
  }

  /** Puts the cursor onto a cell, as the pointer would; null takes it away. */
  point(index: number | null): void {
    const at = index === null ? undefined : this.#plot.data[0][index];
    const left = at === undefined ? -10 : this.#plot.valToPos(at, 'x');
    this.#plot.setCursor({ left, top: at === undefined ? -10 : 0 });
  }

  /** After a change of theme: the same picture in the new colours. */
  repaint(): void {
    this.#plot.redraw(false, true);
  }

  destroy(): void {
    this.#resize.disconnect();
    this.#plot.destroy();
  }

  get #isEmpty(): boolean {
    return this.#cells.every(({ p50Ms }) => p50Ms === null);
  }

  #limits(): [number, number] {
    const values = this.#cells.flatMap(({ p50Ms, p99Ms }) => (p50Ms === null ? [] : [p50Ms, p99Ms!]));
    if (this.#limitMs !== null) values.push(this.#limitMs);
    return values.length === 0 ? [1, 10] : limitsFor(Math.min(...values), Math.max(...values));
  }
}
