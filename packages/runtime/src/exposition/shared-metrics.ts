import type { Labels, MetricFamily } from '@echo-daytime/worker';

/** Metric families and the memories that hold their values. All memories have one layout and are summed. */
export interface CounterSource {
  /** Of every series of the source, in front of the series' own. */
  readonly labels?: Labels;
  readonly families: readonly MetricFamily[];
  readonly memories: readonly SharedArrayBuffer[];
}

/** A source as a scrape reads it. */
export class SourceReader {
  readonly labels: Labels;
  readonly families: readonly MetricFamily[];
  readonly #blocks: readonly Float64Array[];

  constructor({ labels = {}, families, memories }: CounterSource) {
    this.labels = labels;
    this.families = families;
    this.#blocks = memories.map((memory) => new Float64Array(memory));
  }

  /** The number in a cell, summed over the memories. */
  read(cell: number): number {
    let sum = 0;
    for (let block = 0; block < this.#blocks.length; block += 1) sum += this.#blocks[block]![cell]!;
    return sum;
  }

  /** The numbers in as many cells as fit, from the first. */
  readInto(numbers: Float64Array, first: number): void {
    numbers.fill(0);
    for (let block = 0; block < this.#blocks.length; block += 1) {
      const cells = this.#blocks[block]!;
      for (let index = 0; index < numbers.length; index += 1) numbers[index]! += cells[first + index]!;
    }
  }
}

/** The counters in shared memory, as a scrape shows them. The series of a source come and go with it. */
export class SharedMetrics {
  readonly #readers = new Map<CounterSource, SourceReader>();
  readonly #families = new Map<string, MetricFamily>();

  add(source: CounterSource): void {
    this.#readers.set(source, new SourceReader(source));
    for (const family of source.families) {
      if (!this.#families.has(family.name)) this.#families.set(family.name, family);
    }
  }

  remove(source: CounterSource): void {
    this.#readers.delete(source);
  }

  /** The sources of now, by the order in which they were added. */
  get readers(): readonly SourceReader[] {
    return [...this.#readers.values()];
  }

  /** One of each name that there has ever been: its series are only those of one source. */
  get families(): readonly MetricFamily[] {
    return [...this.#families.values()];
  }
}
