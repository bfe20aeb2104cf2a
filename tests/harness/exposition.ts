import type { Labels } from '@echo-daytime/worker';

/** One metric family of a scrape, with every series of it. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly series: readonly Sample[];
}

export interface Sample {
  /** The family's name, for a histogram with `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * Reads a scrape as strictly as the text format is defined,
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 *
 * @throws Error that quotes the first invalid line
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, { help: string; type: string; series: Sample[] }>();
  const seen = new Set<string>();
  let help: [name: string, text: string] | undefined;
  let current = '';
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(name) || rest.trim() === '') throw new Error(`a second or an empty HELP: ${line}`);
      help = [name, rest];
    } else if (keyword === 'TYPE') {
      if (help?.[0] !== name) throw new Error(`TYPE without its HELP in front: ${line}`);
      if (!/^(counter|gauge|histogram|summary)$/.test(rest)) throw new Error(`no such type: ${line}`);
      families.set(name, { help: help[1], type: rest, series: [] });
      current = name;
    } else {
      const sample = parseSample(line);
      const family = families.get(current);
      const suffix = sample.name.slice(current.length);
      const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (!family || !sample.name.startsWith(current) || !suffixes.includes(suffix)) {
        throw new Error(`not of the family ${current} above: ${line}`);
      }
      const key = line.slice(0, line.lastIndexOf(' '));
      if (seen.has(key)) throw new Error(`a second time: ${line}`);
      seen.add(key);
      family.series.push(sample);
    }
  }
  for (const [name, { type, series }] of families) if (type === 'histogram') checkHistogram(name, series);
  return new Map([...families].map(([name, family]) => [name, { name, ...family }]));
}

/** The label sets of a family, a histogram's without `le`, each once. */
export function labelSets({ series }: Family): Labels[] {
  const sets = series.map(({ labels: { le: _, ...labels } }) => JSON.stringify(labels));
  return [...new Set(sets)].map((set) => JSON.parse(set) as Labels);
}

function parseSample(line: string): Sample {
  const [, name, labelText = '', valueText] =
    /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\[\\n"])*",?)*)\})? (\S+)$/.exec(line) ?? [];
  const value = Number(valueText?.replace('+Inf', 'Infinity'));
  if (name === undefined || Number.isNaN(value)) throw new Error(`not a sample: ${line}`);
  const pairs = [...labelText.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [
    label,
    text,
  ]);
  return { name, labels: Object.fromEntries(pairs), value };
}

/** Buckets must rise to +Inf, which is the count. */
function checkHistogram(name: string, series: readonly Sample[]): void {
  const bySet = Map.groupBy(series, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels));
  for (const [labels, samples] of bySet) {
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le } }) => Number(le?.replace('+Inf', 'Infinity')));
    const rising = (values: readonly number[], by: (step: number) => boolean): boolean =>
      values.every((value, index) => index === 0 || by(value - values[index - 1]!));
    const counts = buckets.map(({ value }) => value);
    const count = samples.find((sample) => sample.name === `${name}_count`)?.value;
    const sum = samples.find((sample) => sample.name === `${name}_sum`)?.value;
    if (
      bounds.at(-1) !== Number.POSITIVE_INFINITY ||
      !rising(bounds, (step) => step > 0) ||
      !rising(counts, (step) => step >= 0) ||
      counts.at(-1) !== count ||
      sum === undefined
    ) {
      throw new Error(`${name}${labels} is not a histogram: ${JSON.stringify(samples)}`);
    }
  }
}
