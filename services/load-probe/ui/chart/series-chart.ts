import { html, render } from '../vendor/lit-html/lit-html.js';
import { setting } from '../words/words.ts';
import { BandChart, type ChartColors } from './band-chart.ts';
import type { Cell } from './cell.ts';
import { momentWords } from './cell-words.ts';
import { outcomeStrip } from './outcome-strip.ts';

export interface SeriesChartOptions {
  readonly heightPx: number;
  readonly colors: () => ChartColors;
  /** Whether every moment can be read with the keyboard too. */
  readonly scrubbable: boolean;
}

/** What happened to one series over time: chart and outcome strip over one time axis, and a line that reads it out. */
export class SeriesChart {
  readonly element = document.createElement('div');
  readonly #seriesId: string;
  readonly #isScrubbable: boolean;
  readonly #plot = document.createElement('div');
  readonly #readout = document.createElement('span');
  readonly #chart: BandChart;
  #cells: readonly Cell[] = [];
  #now = 0;
  #pointed: number | null = null;

  constructor(seriesId: string, { heightPx, colors, scrubbable }: SeriesChartOptions) {
    this.#seriesId = seriesId;
    this.#isScrubbable = scrubbable;
    this.element.className = 'series-chart';
    this.#readout.className = 'readout';
    this.#plot.className = 'chart';
    this.#plot.ariaHidden = 'true';
    // Through the CSSOM: the content security policy refuses style attributes.
    this.#plot.style.setProperty('--height', `${heightPx}px`);
    this.#chart = new BandChart(this.#plot, {
      heightPx,
      colors,
      onPoint: (index) => {
        this.#pointed = index;
        this.#drawReadout();
      },
    });
    this.#draw([]);
  }

  /**
   * @param now milliseconds since the Unix epoch, by the probe's clock
   * @param limitMs the SLO limit of p99, if there is one
   */
  draw(cells: readonly Cell[], now: number, limitMs: number | null): void {
    const drawn = this.#cells;
    this.#cells = cells;
    this.#now = now;
    this.#draw(drawn);
    this.#chart.draw(cells, limitMs);
  }

  repaint(): void {
    this.#chart.repaint();
  }

  destroy(): void {
    this.#chart.destroy();
  }

  #draw(drawn: readonly Cell[]): void {
    const cells = this.#cells;
    const seconds = cells.length === 0 ? 0 : Math.round(cells.at(-1)!.to - cells[0]!.from);
    render(
      html`<p class="series-chart-head"><span>Round-trip time, log scale</span>${this.#readout}</p>
        <div class="picture">${this.#plot}${outcomeStrip(cells, drawn, this.#now)}${this.#isScrubbable ? this.#scrubber() : ''}</div>
        <p class="axis"><span>${setting(seconds * 1_000)} ago</span><span>${setting(seconds * 500)} ago</span><span>now</span></p>`,
      this.element,
    );
    this.#drawReadout();
  }

  /** Over the picture, visible only with the focus: screen readers read the value of a native slider. */
  #scrubber(): unknown {
    const point = ({ currentTarget }: Event) =>
      this.#chart.point((currentTarget as HTMLInputElement).valueAsNumber);
    const pointNewest = (event: Event) => {
      const slider = event.currentTarget as HTMLInputElement;
      slider.value = slider.max;
      point(event);
    };
    return html`<input class="scrubber" type="range" min="0" max=${Math.max(this.#cells.length - 1, 0)} aria-label="Moment in the chart of ${this.#seriesId}" @focus=${pointNewest} @input=${point} @blur=${() => this.#chart.point(null)}>`;
  }

  /** Drawn separately, because the pointer on one chart moves the pointers of all charts. */
  #drawReadout(): void {
    const cell = this.#pointed === null ? undefined : this.#cells[this.#pointed];
    const words = cell === undefined ? 'median, with bands to p90 and p99' : momentWords(cell, this.#now);
    render(words, this.#readout);
    this.element.querySelector('.scrubber')?.setAttribute('aria-valuetext', words);
  }
}

/** The charts of one view by the id of their series: made once, because their state is kept between two drawings. */
export class SeriesCharts {
  readonly #options: SeriesChartOptions;
  readonly #charts = new Map<string, SeriesChart>();

  constructor(options: SeriesChartOptions) {
    this.#options = options;
  }

  of(seriesId: string): SeriesChart {
    const chart = this.#charts.get(seriesId) ?? new SeriesChart(seriesId, this.#options);
    this.#charts.set(seriesId, chart);
    return chart;
  }

  keepOnly(series: readonly { readonly id: string }[]): void {
    for (const [id, chart] of this.#charts) {
      if (series.some((listed) => listed.id === id)) continue;
      chart.destroy();
      this.#charts.delete(id);
    }
  }

  repaint(): void {
    for (const chart of this.#charts.values()) chart.repaint();
  }
}
