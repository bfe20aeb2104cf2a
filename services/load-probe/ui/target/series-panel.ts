import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { element, setAttribute, setText } from '../app/dom.ts';
import type { HistorySpan } from '../app/route.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { cellsOf } from '../chart/cell.ts';
import { Course } from '../chart/series-chart.ts';
import { allFigures, Figures } from '../list/figures.ts';
import { flowMeanings, flowNames } from '../words/flow-words.ts';
import { stateWords } from '../words/state-words.ts';
import { bucketCount, HistoryFeed, spanWords } from './history-feed.ts';
import { SloLine } from './slo-line.ts';

const CHART_HEIGHT_PX = 220;

/** As many buckets as the picture has room for: thinner cells could not be told apart. */
const NARROW_PX = 640;
const BUCKETS = { narrow: 60, wide: 120 } as const;

/** One series in the view of its target: all figures, and the course of the chosen span. */
export class SeriesPanel {
  readonly element = element('section', 'card panel');
  readonly #id: string;
  readonly #intervalMs: number;
  readonly #state = element('span');
  readonly #figures = new Figures(allFigures);
  readonly #slo = new SloLine();
  readonly #course: Course;
  readonly #note = element('p', 'quiet');
  #feed: HistoryFeed | null = null;
  #limitMs: number | null = null;

  constructor({ id, flow, intervalMs }: TargetStatus, colors: () => ChartColors) {
    this.#id = id;
    this.#intervalMs = intervalMs;
    this.#course = new Course({ label: id, heightPx: CHART_HEIGHT_PX, colors, scrubbable: true });
    this.#note.setAttribute('role', 'status');
    this.element.append(
      element(
        'div',
        'panel-head',
        element('h2', '', flowNames[flow]),
        element('span', 'quiet', flowMeanings[flow]),
        this.#state,
      ),
      this.#figures.element,
      element('p', 'figures-note', 'in the last minute'),
      this.#slo.element,
      this.#course.element,
      this.#note,
    );
  }

  show(span: HistorySpan): void {
    this.stop();
    setText(this.#note, `Loading the last ${spanWords[span]} …`);
    const room = innerWidth < NARROW_PX ? BUCKETS.narrow : BUCKETS.wide;
    const buckets = bucketCount(span, this.#intervalMs, room);
    this.#feed = new HistoryFeed(this.#id, span, buckets, {
      onHistory: (history) => {
        setText(this.#note, '');
        this.#course.draw(cellsOf(history.buckets, history.spanMs), history.now, this.#limitMs);
      },
      onProblem: (words) => setText(this.#note, `The history could not be loaded: ${words}`),
    });
  }

  /** @param isPaired whether another flow of the same target stands beside it */
  draw(target: TargetStatus, now: number, isPaired: boolean): void {
    setAttribute(this.element, 'data-state', target.state);
    this.#state.hidden = !isPaired;
    setText(this.#state, stateWords(target, now));
    this.#figures.draw(target);
    this.#slo.draw(target);
    this.#limitMs = target.slo?.maxP99Ms ?? null;
  }

  repaint(): void {
    this.#course.repaint();
  }

  stop(): void {
    this.#feed?.stop();
  }

  remove(): void {
    this.stop();
    this.#course.destroy();
    this.element.remove();
  }
}
