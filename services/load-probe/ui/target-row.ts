import type { TargetState, TargetStatus } from '../src/status.ts';
import { type ChartColors, RttChart } from './chart.ts';
import { element, icon, setAttribute, setIcon, setText } from './dom.ts';
import { OutcomeStrip } from './outcome-strip.ts';
import { outcomeWords } from './outcome-words.ts';
import { TargetDetails } from './target-details.ts';
import { spanAt, type Timeline } from './timeline.ts';
import { ago, clockTime, duration, latency, NOTHING, percentage, setting } from './words.ts';

const stateWords: Readonly<Record<TargetState, string>> = { up: 'Up', down: 'Down', pending: 'Pending' };

/** The moment a row is drawn for, by the probe's clock, milliseconds since the Unix epoch. */
export interface Moment {
  readonly now: number;
  readonly startedAt: number;
}

/** One target: made once, then only its words, cells and points change. */
export class TargetRow {
  readonly element = element('li', 'target');
  readonly #timeline: Timeline;
  readonly #stateIcon = icon('pending');
  readonly #state = element('span');
  readonly #since = element('p', 'since');
  readonly #loss = element('dd');
  readonly #p50 = element('dd');
  readonly #p99 = element('dd');
  readonly #figuresLabel = element('p', 'figures-label');
  readonly #readout = element('p', 'readout');
  readonly #chart: RttChart;
  readonly #strip = new OutcomeStrip();
  readonly #spanStart = element('span');
  readonly #lastFailure = element('p', 'last-failure');
  readonly #toggle = element('button', 'toggle', 'Details', icon('chevron'));
  readonly #details: TargetDetails;
  #drawn: { readonly target: TargetStatus; readonly moment: Moment } | null = null;
  #pointed: string | null = null;

  constructor(target: TargetStatus, id: string, timeline: Timeline, colors: () => ChartColors) {
    this.#timeline = timeline;
    this.#details = new TargetDetails(target.name);

    const name = element('h2', '', target.name);
    name.id = `${id}-name`;
    const badge = element('p', 'badge', this.#stateIcon, this.#state);
    const chart = element('div', 'chart');
    chart.setAttribute('aria-hidden', 'true');
    this.#toggle.type = 'button';
    this.#toggle.setAttribute('aria-expanded', 'false');
    this.#toggle.setAttribute('aria-controls', `${id}-details`);
    this.#toggle.setAttribute('aria-label', `Details of ${target.name}`);
    this.#details.element.id = `${id}-details`;
    this.#details.element.hidden = true;
    this.#toggle.addEventListener('click', () => {
      const isOpen = this.#details.element.hidden;
      this.#details.element.hidden = !isOpen;
      this.#toggle.setAttribute('aria-expanded', String(isOpen));
      this.#drawDetails();
    });

    this.element.id = id;
    this.element.setAttribute('aria-labelledby', name.id);
    this.element.append(
      element(
        'div',
        'who',
        element('div', 'name', name, badge),
        // A target without a name of its own is called by its URL.
        ...(target.url === target.name ? [] : [element('p', 'url', target.url)]),
        this.#since,
      ),
      element('div', 'figures', this.#figures(), this.#figuresLabel),
      element(
        'div',
        'course',
        element('p', 'course-head', element('span', '', 'Round-trip time'), this.#readout),
        chart,
        this.#strip.element,
        element('p', 'span', this.#spanStart, element('span', '', 'now')),
      ),
      element('div', 'more', this.#lastFailure, this.#toggle),
      this.#details.element,
    );
    this.#chart = new RttChart(chart, colors, (point) => {
      this.#pointed =
        point === null ? null : `${clockTime(point.at * 1_000, point.at * 1_000)} · ${answer(point.rttMs)}`;
      this.#drawReadout();
    });
  }

  draw(target: TargetStatus, moment: Moment): void {
    const { now } = moment;
    this.#drawn = { target, moment };
    setAttribute(this.element, 'data-state', target.state);
    setIcon(this.#stateIcon, target.state);
    setText(this.#state, stateWords[target.state]);
    setText(this.#since, sinceWords(target, now));

    const { samples, lossRatio, p50Ms, p99Ms, seconds } = target.window;
    setText(this.#loss, samples === 0 ? NOTHING : percentage(lossRatio));
    setAttribute(this.#loss, 'data-bad', String(samples > 0 && lossRatio > 0));
    setText(this.#p50, latency(p50Ms));
    setText(this.#p99, latency(p99Ms));
    setText(
      this.#figuresLabel,
      seconds === 60 ? 'in the last minute' : `in the last ${duration(seconds * 1_000)}`,
    );

    const span = spanAt(now, moment.startedAt, target.intervalMs);
    this.#chart.draw(this.#timeline.line(span), span);
    this.#strip.draw(this.#timeline.cells(span), now);
    setText(this.#spanStart, `${duration((span.to - span.from) * 1_000)} ago`);
    this.#drawReadout();
    setText(this.#lastFailure, failureWords(target, now));
    this.#drawDetails();
  }

  repaint(): void {
    this.#chart.repaint();
  }

  remove(): void {
    this.#chart.destroy();
    this.element.remove();
  }

  #drawDetails(): void {
    if (!this.#details.element.hidden && this.#drawn !== null) {
      this.#details.draw(this.#drawn.target, this.#drawn.moment.now);
    }
  }

  #drawReadout(): void {
    setText(this.#readout, this.#pointed ?? 'slowest of each second');
  }

  #figures(): HTMLDListElement {
    const figure = (label: string, value: HTMLElement) => element('div', '', element('dt', '', label), value);
    return element('dl', '', figure('Loss', this.#loss), figure('p50', this.#p50), figure('p99', this.#p99));
  }
}

function answer(rttMs: number | null): string {
  return rttMs === null ? 'no answer' : latency(rttMs);
}

function sinceWords({ state, since, intervalMs, failures }: TargetStatus, now: number): string {
  if (state === 'pending' || since === null)
    return `Waiting for the first sample, one every ${setting(intervalMs)}`;
  const last = state === 'down' ? failures[0] : undefined;
  const reason = last === undefined ? '' : ` (${outcomeWords[last.outcome].label})`;
  return `${stateWords[state]} for ${duration(now - since)}${reason}, since ${clockTime(since, now)}`;
}

function failureWords({ failures: [last] }: TargetStatus, now: number): string {
  if (last === undefined) return 'No failure recorded';
  return `Last failure ${ago(last.at, now)} · ${outcomeWords[last.outcome].label}: ${last.detail}`;
}
