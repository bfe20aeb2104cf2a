/** A scrape of `/metrics`, by series. */
export class Metrics {
  readonly #values: ReadonlyMap<string, number>;

  constructor(values: ReadonlyMap<string, number>) {
    this.#values = values;
  }

  /** The value of a series, its labels in any order. Throws when there is no such series, so that a typing error shows. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const value = this.#values.get(seriesKey(name, labels));
    if (value === undefined) throw new Error(`no series ${seriesKey(name, labels)}`);
    return value;
  }

  /** The sum of every series of this name that carries these labels. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return [...this.#values]
      .filter(([key]) => key.split('{')[0] === name && wanted.every((label) => key.includes(label)))
      .reduce((sum, [, value]) => sum + value, 0);
  }

  /** Every series, `name{label="value",…}` with its labels in order. */
  get series(): ReadonlyMap<string, number> {
    return this.#values;
  }

  get names(): ReadonlySet<string> {
    return new Set([...this.#values.keys()].map((key) => key.split('{')[0] ?? key));
  }
}

export function parseMetrics(text: string): Metrics {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const pairs = [...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
    values.set(seriesKey(name, Object.fromEntries(pairs)), Number(value));
  }
  return new Metrics(values);
}

/** The key of a series in `Metrics.series`. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.sort().join(',')}}`;
}
