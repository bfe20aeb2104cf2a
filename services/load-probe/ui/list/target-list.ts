import type { BucketsDocument, TargetStatus } from '../../src/monitor/status/types.ts';
import { byId, renderInto } from '../app/dom.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { SeriesCharts } from '../chart/series-chart.ts';
import { spanAt, Timeline } from '../chart/timeline.ts';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { targetRow } from './target-row.ts';
import type { WatchedTarget } from './watched-target.ts';

const CHART_HEIGHT_PX = 84;

/** The moment the list is drawn for, by the probe's clock, milliseconds since the Unix epoch. */
interface Moment {
  readonly now: number;
  readonly startedAt: number;
}

/** The list: a row for every target, and the history of every series by id. */
export class TargetList {
  readonly #timelines = new Map<string, Timeline>();
  readonly #charts: SeriesCharts;

  constructor(colors: () => ChartColors) {
    this.#charts = new SeriesCharts({ heightPx: CHART_HEIGHT_PX, colors, scrubbable: false });
  }

  putBuckets(buckets: BucketsDocument['buckets']): void {
    for (const [id, seconds] of Object.entries(buckets)) {
      // Buckets may come before the status that lists their series.
      const timeline = this.#timelines.get(id) ?? new Timeline();
      this.#timelines.set(id, timeline);
      timeline.put(seconds);
    }
  }

  /** Forgets the history after `at`, milliseconds since the Unix epoch. */
  forgetAfter(at: number): void {
    for (const timeline of this.#timelines.values()) timeline.forgetAfter(at);
  }

  /** Forgets series that are not listed any more. */
  keepOnly(statuses: readonly TargetStatus[]): void {
    const ids = new Set(statuses.map(({ id }) => id));
    for (const id of this.#timelines.keys()) if (!ids.has(id)) this.#timelines.delete(id);
  }

  draw(targets: readonly WatchedTarget[], { now, startedAt }: Moment): void {
    const series = targets.flatMap((target) => target.series);
    this.#charts.keepOnly(series);
    byId('targets').removeAttribute('aria-busy');
    renderInto(
      'targets',
      repeat(
        targets,
        ({ name }) => name,
        (target) => targetRow(target, now, (id) => this.#charts.of(id)),
      ),
    );
    // When they are in the document: before, a chart has no width.
    for (const { id, intervalMs, slo } of series) {
      const cells = this.#timelines.get(id)?.cells(spanAt(now, startedAt, intervalMs)) ?? [];
      this.#charts.of(id).draw(cells, now, slo?.maxP99Ms ?? null);
    }
  }

  repaint(): void {
    this.#charts.repaint();
  }
}
