import type { SamplePoint, StatusDocument, TargetStatus } from '../src/status.ts';
import type { ChartColors } from './chart.ts';
import { byId } from './dom.ts';
import { TargetRow } from './target-row.ts';
import { Timeline } from './timeline.ts';

interface Entry {
  readonly id: string;
  readonly timeline: Timeline;
  /** Null until the target is drawn: samples may come before the status that lists it. */
  row: TargetRow | null;
}

/** Every target of the page by name: its samples and its row. What the probe lists no more is let go. */
export class Fleet {
  readonly #list = byId('targets');
  readonly #entries = new Map<string, Entry>();
  readonly #colors: () => ChartColors;
  #nextId = 1;

  constructor(colors: () => ChartColors) {
    this.#colors = colors;
  }

  /** The id of the target's row, for links to it. */
  idOf(name: string): string {
    return this.#entry(name).id;
  }

  addSamples(samples: Readonly<Record<string, readonly SamplePoint[]>>, isHistory: boolean): void {
    for (const [name, points] of Object.entries(samples)) {
      const { timeline } = this.#entry(name);
      if (isHistory) timeline.replace(points);
      else timeline.add(points);
    }
  }

  forgetBefore(at: number): void {
    for (const { timeline } of this.#entries.values()) timeline.forgetBefore(at);
  }

  keepOnly(targets: readonly TargetStatus[]): void {
    const listed = new Set(targets.map(({ name }) => name));
    for (const [name, { row }] of this.#entries) {
      if (listed.has(name)) continue;
      row?.remove();
      this.#entries.delete(name);
    }
  }

  draw({ now, probe: { startedAt }, targets }: StatusDocument): void {
    this.#list.removeAttribute('aria-busy');
    for (const skeleton of this.#list.querySelectorAll('.skeleton')) skeleton.remove();
    targets.forEach((target, index) => {
      const entry = this.#entry(target.name);
      entry.row ??= new TargetRow(target, entry.id, entry.timeline, this.#colors);
      const inPlace = this.#list.children[index] ?? null;
      if (inPlace !== entry.row.element) this.#list.insertBefore(entry.row.element, inPlace);
      entry.row.draw(target, { now, startedAt });
    });
  }

  repaint(): void {
    for (const { row } of this.#entries.values()) row?.repaint();
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { id: `target-${this.#nextId}`, timeline: new Timeline(), row: null };
      this.#nextId += 1;
      this.#entries.set(name, entry);
    }
    return entry;
  }
}
