import { ms } from '../../src/stats/format.ts';
import { element, setAttribute, setText } from '../app/dom.ts';
import { clockTime, setting } from '../words/words.ts';
import { BandChart, type ChartColors } from './band-chart.ts';
import type { Cell } from './cell.ts';
import { countsInWords, OutcomeStrip } from './outcome-strip.ts';

export interface CourseOptions {
  /** Of which series, for those who do not see whose chart it is. */
  readonly label: string;
  readonly heightPx: number;
  readonly colors: () => ChartColors;
  /** Whether every moment can be read with the keyboard too. */
  readonly scrubbable: boolean;
}

/** What happened to one series over time: chart and outcome strip over one time axis, and a line that reads it out. */
export class Course {
  readonly element = element('div', 'course');
  readonly #title = element('span', '', 'Round-trip time, log scale');
  readonly #readout = element('span', 'readout');
  readonly #chart: BandChart;
  readonly #strip = new OutcomeStrip();
  readonly #axis = ['', '', 'now'].map((label) => element('span', '', label));
  readonly #scrubber: HTMLInputElement | null;
  #cells: readonly Cell[] = [];
  #now = 0;
  #pointed: number | null = null;

  constructor({ label, heightPx, colors, scrubbable }: CourseOptions) {
    const chart = element('div', 'chart');
    chart.setAttribute('aria-hidden', 'true');
    // Through the CSSOM: the content security policy refuses style attributes.
    chart.style.setProperty('--height', `${heightPx}px`);
    this.#scrubber = scrubbable ? scrubberOf(label, (index) => this.#chart.point(index)) : null;
    this.element.append(
      element('p', 'course-head', this.#title, this.#readout),
      element(
        'div',
        'picture',
        chart,
        this.#strip.element,
        ...(this.#scrubber === null ? [] : [this.#scrubber]),
      ),
      element('p', 'axis', ...this.#axis),
    );
    this.#chart = new BandChart(chart, {
      heightPx,
      colors,
      onPoint: (index) => {
        this.#pointed = index;
        this.#drawReadout();
      },
    });
  }

  /**
   * @param now milliseconds since the Unix epoch, by the probe's clock
   * @param limitMs what p99 was promised to stay below, if anything
   */
  draw(cells: readonly Cell[], now: number, limitMs: number | null): void {
    this.#cells = cells;
    this.#now = now;
    this.#chart.draw(cells, limitMs);
    this.#strip.draw(cells, now);
    const seconds = cells.length === 0 ? 0 : Math.round(cells.at(-1)!.to - cells[0]!.from);
    setText(this.#axis[0]!, `${setting(seconds * 1_000)} ago`);
    setText(this.#axis[1]!, `${setting(seconds * 500)} ago`);
    if (this.#scrubber !== null) this.#scrubber.max = String(Math.max(cells.length - 1, 0));
    this.#drawReadout();
  }

  repaint(): void {
    this.#chart.repaint();
  }

  destroy(): void {
    this.#chart.destroy();
  }

  #drawReadout(): void {
    const cell = this.#pointed === null ? undefined : this.#cells[this.#pointed];
    const words = cell === undefined ? 'median, with bands to p90 and p99' : momentWords(cell, this.#now);
    setText(this.#readout, words);
    if (this.#scrubber !== null) setAttribute(this.#scrubber, 'aria-valuetext', words);
  }
}

/** `14:03:10 · p50 0.42 ms, p99 1.90 ms, slowest 2.10 ms · 9 ok, 1 lost`. */
export function momentWords(cell: Cell, now: number): string {
  const { from, p50Ms, p99Ms, maxMs, total } = cell;
  const parts = [clockTime(from * 1_000, now)];
  if (p50Ms !== null) parts.push(`p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}, slowest ${ms(maxMs)}`);
  else if (total > 0) parts.push('no answer');
  return [...parts, countsInWords(cell)].join(' · ');
}

/** Over the picture, seen only with the focus: a native slider tells its value to everybody. */
function scrubberOf(label: string, onMove: (index: number | null) => void): HTMLInputElement {
  const scrubber = element('input', 'scrubber');
  scrubber.type = 'range';
  scrubber.min = '0';
  scrubber.setAttribute('aria-label', `Moment in the chart of ${label}`);
  scrubber.addEventListener('focus', () => {
    scrubber.value = scrubber.max;
    onMove(Number(scrubber.value));
  });
  scrubber.addEventListener('input', () => onMove(Number(scrubber.value)));
  scrubber.addEventListener('blur', () => onMove(null));
  return scrubber;
}
