import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { element, setAttribute, setText } from '../app/dom.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { Course } from '../chart/series-chart.ts';
import { spanAt, type Timeline } from '../chart/timeline.ts';
import { SloLine } from '../target/slo-line.ts';
import { flowMeanings, flowNames } from '../words/flow-words.ts';
import { stateWords } from '../words/state-words.ts';
import { Figures, figuresNote, rowFigures } from './figures.ts';

const CHART_HEIGHT_PX = 84;

/** The moment a row is drawn for, by the probe's clock, milliseconds since the Unix epoch. */
export interface Moment {
  readonly now: number;
  readonly startedAt: number;
}

/** One series in the row of its target: figures and course side by side. */
export class Lane {
  readonly element = element('div', 'lane');
  readonly #timeline: Timeline;
  readonly #state = element('span');
  readonly #head = element('p', 'lane-head');
  readonly #figures = new Figures(rowFigures);
  readonly #note = element('p', 'figures-note');
  readonly #slo = new SloLine();
  readonly #course: Course;

  constructor({ id, flow }: TargetStatus, timeline: Timeline, colors: () => ChartColors) {
    this.#timeline = timeline;
    this.#course = new Course({ label: id, heightPx: CHART_HEIGHT_PX, colors, scrubbable: false });
    const name = element('b', '', flowNames[flow]);
    name.title = flowMeanings[flow];
    this.#head.append(name, this.#state);
    this.element.append(
      element('div', 'numbers', this.#head, this.#figures.element, this.#note, this.#slo.element),
      this.#course.element,
    );
  }

  /** @param isPaired whether another flow of the same target stands beside it */
  draw(target: TargetStatus, { now, startedAt }: Moment, isPaired: boolean): void {
    setAttribute(this.element, 'data-state', target.state);
    this.#head.hidden = !isPaired;
    setText(this.#state, stateWords(target, now));
    this.#figures.draw(target);
    setText(this.#note, figuresNote(target));
    this.#slo.draw(target);
    const cells = this.#timeline.cells(spanAt(now, startedAt, target.intervalMs));
    this.#course.draw(cells, now, target.slo?.maxP99Ms ?? null);
  }

  repaint(): void {
    this.#course.repaint();
  }

  remove(): void {
    this.#course.destroy();
    this.element.remove();
  }
}
