import { CounterBlock } from '@echo-daytime/worker';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { exposition } from './exposition.ts';
import { type CounterSource, SharedMetrics } from './shared-metrics.ts';
import { TextFormat } from './text-format.ts';

const scale = { bounds: [1], octaves: { from: -1, to: 1 } };

function declare(block: CounterBlock) {
  return {
    count: block.counter('seen_total', 'Seen \\ counted.'),
    time: block.histogram('taken_seconds', 'Taken.', scale, { phase: 'a' }),
    ...block.countersBy('outcome', ['ok', 'odd'], 'samples_total', 'Samples.', {}, ['ok']),
  };
}

/** A source of a counter and a histogram, on as many memories as there are values. */
function sourceOf(label: string, ...values: readonly number[]): CounterSource {
  const layout = new CounterBlock();
  declare(layout);
  const memories = values.map((value) => {
    const memory = new SharedArrayBuffer(layout.byteLength);
    const { count, time } = declare(new CounterBlock(memory));
    count.add(value);
    time.observe(value);
    return memory;
  });
  return { ...(label !== '' && { labels: { label } }), families: layout.families, memories };
}

async function textOf(...sources: readonly CounterSource[]): Promise<string> {
  const shared = new SharedMetrics();
  for (const source of sources) shared.add(source);
  return await scrape(shared);
}

async function scrape(shared: SharedMetrics): Promise<string> {
  const parts = await Array.fromAsync(exposition(new TextFormat(), { registry: new Registry(), shared }));
  return parts.join('').trim();
}

it('should show the series of every source, summed over the memories of the source', async () => {
  expect((await textOf(sourceOf('one', 1, 2), sourceOf('two', 5))).split('\n')).toEqual([
    '# HELP seen_total Seen \\\\ counted.',
    '# TYPE seen_total counter',
    'seen_total{label="one"} 3',
    'seen_total{label="two"} 5',
    '# HELP taken_seconds Taken.',
    '# TYPE taken_seconds histogram',
    'taken_seconds_bucket{label="one",phase="a",le="1"} 1',
    'taken_seconds_bucket{label="one",phase="a",le="+Inf"} 2',
    'taken_seconds_sum{label="one",phase="a"} 3',
    'taken_seconds_count{label="one",phase="a"} 2',
    'taken_seconds_bucket{label="two",phase="a",le="1"} 0',
    'taken_seconds_bucket{label="two",phase="a",le="+Inf"} 1',
    'taken_seconds_sum{label="two",phase="a"} 5',
    'taken_seconds_count{label="two",phase="a"} 1',
    '# HELP samples_total Samples.',
    '# TYPE samples_total counter',
    'samples_total{label="one",outcome="ok"} 0',
    'samples_total{label="two",outcome="ok"} 0',
  ]);
});

it('should show a counter that was not expected from when it has counted', async () => {
  const source = sourceOf('one', 1);
  const before = await textOf(source);
  declare(new CounterBlock(source.memories[0])).odd.increment();
  const after = await textOf(source);
  const added = after.split('\n').filter((line) => !before.includes(line));
  expect(added).toEqual(['samples_total{label="one",outcome="odd"} 1']);
});

it('should write labels and values as Prometheus reads them', async () => {
  const source = sourceOf('', 1);
  const { count } = declare(new CounterBlock(source.memories[0]));
  const values = [0.1, 1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const shown = [];
  for (const value of values) {
    count.set(value);
    shown.push((await textOf(source)).split('\n')[2]);
  }
  expect(shown).toEqual(['0.1', '1e+21', 'NaN', '+Inf', '-Inf'].map((value) => `seen_total ${value}`));
  const odd = await textOf(sourceOf('a"b\\c\nd', 1));
  expect(odd).toContain('seen_total{label="a\\"b\\\\c\\nd"} 1');
});

it('should leave out a removed source, and show it again when it is added again', async () => {
  const shared = new SharedMetrics();
  const [one, two] = [sourceOf('one', 1), sourceOf('two', 2)];
  shared.add(one);
  shared.add(two);
  shared.remove(one);
  const text = await scrape(shared);
  expect(text).not.toContain('one');
  expect(text).toContain('seen_total{label="two"} 2');
  shared.remove(two);
  expect(await scrape(shared)).toContain('# TYPE seen_total counter\n#');
  shared.add(one);
  expect(await scrape(shared)).toContain('seen_total{label="one"} 1');
});
