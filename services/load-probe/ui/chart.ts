import type uPlotType from 'uplot';
import uPlot from '/vendor/uplot.js';
import type { Line, Span } from './timeline.ts';
import { axisLatency } from './words.ts';

const HEIGHT_PX = 78;

/** Room for the labels of the y axis; the strip below starts where the plot does (`--axis` in theme.css). */
const AXIS_PX = 52;

/** A scale below this would blow the noise of a loopback path up to the full height. */
const LEAST_SCALE_MS = 0.2;

export interface ChartColors {
  readonly line: string;
  readonly fill: string;
  readonly grid: string;
  readonly text: string;
  readonly gap: string;
}

/** Told what the pointer is on: seconds since the Unix epoch and milliseconds, or null when it has left. */
export type OnPoint = (point: { readonly at: number; readonly rttMs: number | null } | null) => void;

/** The live round-trip time of one target, exactly as wide and as long as its outcome strip. */
export class RttChart {
  readonly #plot: uPlotType;
  readonly #resize: ResizeObserver;
  #span: Span = { from: 0, to: 1, cellSeconds: 1 };

  constructor(parent: HTMLElement, colors: () => ChartColors, onPoint: OnPoint) {
    const options: uPlotType.Options = {
      width: Math.max(parent.clientWidth, 1),
      height: HEIGHT_PX,
      padding: [7, 0, 7, 0],
      legend: { show: false },
      // One moment, every target: the pointer on one chart shows the same second on all of them.
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'rtt', scales: ['x', null] } },
      scales: {
        x: { time: false, range: () => [this.#span.from, this.#span.to] },
        y: { range: (_plot, _min, max) => [0, roundUp(max ?? 0)] },
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
          splits: (_plot, _axis, _min, max) => [0, max / 2, max],
          values: (_plot, splits) => splits.map(axisLatency),
        },
      ],
      series: [
        {},
        {
          stroke: () => colors().line,
          fill: () => colors().fill,
          width: 1.5,
          points: { size: 4, fill: () => colors().line },
        },
      ],
      hooks: {
        drawClear: [(plot) => paintGaps(plot, colors().gap)],
        setCursor: [
          ({ cursor: { idx }, data }) =>
            onPoint(idx == null ? null : { at: data[0][idx]!, rttMs: data[1]![idx] ?? null }),
        ],
      },
    };
    this.#plot = new uPlot(options, [[], []], parent);
    this.#resize = new ResizeObserver(() => {
      this.#plot.setSize({ width: Math.max(parent.clientWidth, 1), height: HEIGHT_PX });
    });
    this.#resize.observe(parent);
  }

  draw(line: Line, span: Span): void {
    this.#span = span;
    this.#plot.setData([line.at as number[], line.rttMs as (number | null)[]]);
  }

  /** After a change of theme: the same picture in the new colours. */
  repaint(): void {
    this.#plot.redraw(false, true);
  }

  destroy(): void {
    this.#resize.disconnect();
    this.#plot.destroy();
  }
}

/** Marks the time in which no answer came, so that a gap in the line is seen as one. */
function paintGaps(plot: uPlotType, color: string): void {
  const { ctx, bbox } = plot;
  const [at, rttMs] = plot.data as [number[], (number | null)[]];
  const position = (second: number) => Math.floor(plot.valToPos(second, 'x', true));
  ctx.save();
  ctx.fillStyle = color;
  // A run of them is one rectangle: the colour is translucent, and overlapping edges would show as stripes.
  for (let first = rttMs.indexOf(null); first !== -1; ) {
    let end = first + 1;
    while (rttMs[end] === null) end += 1;
    const left = position(at[first]! - 0.5);
    ctx.fillRect(left, bbox.top, Math.max(position(at[end - 1]! + 0.5) - left, 1), bbox.height);
    first = rttMs.indexOf(null, end);
  }
  ctx.restore();
}

/** The next of 1, 2, 5 × 10^n with some head room, so that the scale stands still while values dance. */
function roundUp(ms: number): number {
  const least = Math.max(ms * 1.1, LEAST_SCALE_MS);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= least)!;
}
