import type { BucketsDocument, TargetStatus } from '../../src/monitor/status/types.ts';
import { byId } from '../app/dom.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { Timeline } from '../chart/timeline.ts';
import type { Moment } from './series-row.ts';
import { TargetRow } from './target-row.ts';
import type { WatchedTarget } from './watched-target.ts';

/** The list: the row of every target by name, the history of every series by id. What is listed no more is let go. */
export class Fleet {
  readonly #list = byId('targets');
  readonly #colors: () => ChartColors;
  readonly #timelines = new Map<string, Timeline>();
  readonly #rows = new Map<string, TargetRow>();

  constructor(colors: () => ChartColors) {
    this.#colors = colors;
  }

  putBuckets(buckets: BucketsDocument['buckets']): void {
    for (const [id, seconds] of Object.entries(buckets)) this.#timeline(id).put(seconds);
  }

  forgetHistory(): void {
    for (const timeline of this.#timelines.values()) timeline.forgetAfter(0);
  }

  forgetAfter(at: number): void {
    for (const timeline of this.#timelines.values()) timeline.forgetAfter(at);
  }

  keepOnly(statuses: readonly TargetStatus[]): void {
    const ids = new Set(statuses.map(({ id }) => id));
    for (const id of this.#timelines.keys()) if (!ids.has(id)) this.#timelines.delete(id);
    // Peers have no row here, though they have the name of their target.
    const names = new Set(statuses.filter(({ peer }) => peer === null).map(({ name }) => name));
    for (const [name, row] of this.#rows) {
      if (names.has(name)) continue;
      row.remove();
      this.#rows.delete(name);
    }
  }

  draw(targets: readonly WatchedTarget[], moment: Moment): void {
    this.#list.removeAttribute('aria-busy');
    for (const skeleton of this.#list.querySelectorAll('.skeleton')) skeleton.remove();
    targets.forEach((target, index) => {
      const row = this.#row(target.name);
      const inPlace = this.#list.children[index] ?? null;
      if (inPlace !== row.element) this.#list.insertBefore(row.element, inPlace);
      row.draw(target, moment);
    });
  }

  repaint(): void {
    for (const row of this.#rows.values()) row.repaint();
  }

  /** Puts the focus where it was before a target's view was opened. */
  focus(name: string): void {
    this.#rows.get(name)?.link.focus();
  }

  #row(name: string): TargetRow {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = new TargetRow(name, (id) => this.#timeline(id), this.#colors);
      this.#rows.set(name, row);
    }
    return row;
  }

  /** Buckets may come before the status that lists their series. */
  #timeline(id: string): Timeline {
    let timeline = this.#timelines.get(id);
    if (timeline === undefined) {
      timeline = new Timeline();
      this.#timelines.set(id, timeline);
    }
    return timeline;
  }
}
