import type { Labels, MetricFamily } from '@echo-daytime/worker';
import { Registry } from 'prom-client';
import type { ExpositionFormat, FamilyEncoder } from './exposition.ts';
import type { SourceReader } from './shared-metrics.ts';

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export class TextFormat implements ExpositionFormat {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #labels = new WeakMap<SourceReader, string>();

  registry(registry: Registry): Promise<string> {
    return registry.metrics();
  }

  family(family: MetricFamily): FamilyEncoder {
    return new TextFamily(family, this.#labels);
  }
}

/** A line, but for the labels of the source and the value. */
interface Line {
  readonly before: string;
  readonly after: string;
}

/** The lines of one series: of a histogram its buckets, its sum and its count, else only `value`. */
interface SeriesLines {
  readonly cell: number;
  readonly shownAtZero: boolean;
  readonly buckets: readonly Line[];
  readonly sum: Line;
  readonly value: Line;
}

class TextFamily implements FamilyEncoder {
  readonly #lines = new Map<MetricFamily, readonly SeriesLines[]>();
  readonly #labels: WeakMap<SourceReader, string>;
  #text: string;

  /** @param labels a cache for the labels of sources */
  constructor({ name, help, type }: MetricFamily, labels: WeakMap<SourceReader, string>) {
    this.#labels = labels;
    this.#text = `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} ${type}\n`;
  }

  get sliceBytes(): number {
    return this.#text.length;
  }

  add(source: SourceReader, family: MetricFamily): void {
    let labels = this.#labels.get(source);
    if (labels === undefined) {
      labels = labelsText(source.labels);
      this.#labels.set(source, labels);
    }
    let lines = this.#lines.get(family);
    if (!lines) {
      lines = linesOf(family, labels !== '');
      this.#lines.set(family, lines);
    }
    let text = this.#text;
    for (const { cell, shownAtZero, buckets, sum, value } of lines) {
      let count = source.read(cell);
      if (!shownAtZero && count === 0) continue;
      for (let index = 0; index < buckets.length; index += 1) {
        const { before, after } = buckets[index]!;
        if (index > 0) count += source.read(cell + index);
        text += before + labels + after + valueText(count);
      }
      if (buckets.length > 0) {
        text += sum.before + labels + sum.after + valueText(source.read(cell + buckets.length));
      }
      text += value.before + labels + value.after + valueText(count);
    }
    this.#text = text;
  }

  slice(): readonly string[] {
    const text = this.#text;
    this.#text = '';
    return [text];
  }

  end(): readonly string[] {
    return this.slice();
  }
}

/** @param isLabelled whether the source has labels */
function linesOf({ name, scale, series }: MetricFamily, isLabelled: boolean): readonly SeriesLines[] {
  return series.map(({ labels, cell, shownAtZero }) => {
    const own = labelsText(labels);
    const line = (suffix: string, more = ''): Line => {
      const after = [own, more].filter((text) => text !== '').join();
      const before = name + suffix;
      if (isLabelled) return { before: `${before}{`, after: `${after && `,${after}`}} ` };
      return after === '' ? { before, after: ' ' } : { before: `${before}{`, after: `${after}} ` };
    };
    const bounds = scale ? [...scale.bounds, '+Inf'] : [];
    return {
      cell,
      shownAtZero,
      buckets: bounds.map((le) => line('_bucket', `le="${le}"`)),
      sum: line('_sum'),
      value: line(scale ? '_count' : ''),
    };
  });
}

/** With its line feed. */
function valueText(value: number): string {
  if (Number.isFinite(value)) return `${value}\n`;
  return Number.isNaN(value) ? 'NaN\n' : value > 0 ? '+Inf\n' : '-Inf\n';
}

/** `target="a",flow="fresh"` */
function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value.replace(/[\\\n"]/g, escaped)}"`)
    .join();
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
