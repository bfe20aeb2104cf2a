import { CounterBlock } from '@echo-daytime/worker';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { type CounterSource, SharedMetrics } from './metrics.ts';

/** A source of one counter and one histogram, each with a label, on as many blocks as there are values. */
function sourceOf(label: string, ...values: readonly number[]): CounterSource {
  const declare = (block: CounterBlock) => ({
    count: block.counter('seen_total', 'Seen.', { label }),
    time: block.histogram('taken_seconds', 'Taken.', [1], { label }),
  });
  const layout = new CounterBlock();
  declare(layout);
  const memories = values.map((value) => {
    const memory = new SharedArrayBuffer(layout.byteLength);
    const { count, time } = declare(new CounterBlock(memory));
    count.add(value);
    time.observe(value);
    return memory;
  });
  return { families: layout.families, memories };
}

it('should show the series of every source, summed over the blocks of the source', async () => {
  const registry = new Registry();
  const shared = new SharedMetrics(registry);
  shared.add(sourceOf('one', 1, 2));
  shared.add(sourceOf('two', 5));
  expect((await registry.metrics()).split('\n').filter((line) => line.includes('{'))).toEqual([
    'seen_total{label="one"} 3',
    'seen_total{label="two"} 5',
    'taken_seconds_bucket{label="one",le="1"} 1',
    'taken_seconds_bucket{label="one",le="+Inf"} 2',
    'taken_seconds_sum{label="one"} 3',
    'taken_seconds_count{label="one"} 2',
    'taken_seconds_bucket{label="two",le="1"} 0',
    'taken_seconds_bucket{label="two",le="+Inf"} 1',
    'taken_seconds_sum{label="two"} 5',
    'taken_seconds_count{label="two"} 1',
  ]);
});

it('should leave out a removed source, and show it again when it is added again', async () => {
  const registry = new Registry();
  const shared = new SharedMetrics(registry);
  const [one, two] = [sourceOf('one', 1), sourceOf('two', 2)];
  shared.add(one);
  shared.add(two);
  shared.remove(one);
  const text = await registry.metrics();
  expect(text).not.toContain('one');
  expect(text).toContain('seen_total{label="two"} 2');
  shared.remove(two);
  shared.add(one);
  expect(await registry.getSingleMetricAsString('seen_total')).toContain('seen_total{label="one"} 1');
});
