import { describe, expect, it } from 'vitest';
import { CounterBlock } from './counters.ts';

function declare(block: CounterBlock) {
  return {
    first: block.counter('first_total', 'First.', { listener: 'a' }),
    second: block.counter('first_total', 'First.', { listener: 'b' }),
    gauge: block.gauge('open', 'Open.'),
    histogram: block.histogram('seconds', 'Seconds.', { bounds: [1, 10], octaves: { from: 1, to: 1 } }),
    after: block.countersBy('reason', ['x', 'y'], 'after_total', 'After.', { listener: 'a' }),
  };
}

function blockWithMemory(): { block: CounterBlock; cells: Float64Array } {
  const layout = new CounterBlock();
  declare(layout);
  const memory = new SharedArrayBuffer(layout.byteLength);
  return { block: new CounterBlock(memory), cells: new Float64Array(memory) };
}

describe('CounterBlock', () => {
  it('should lay out the same block from the same declarations, with and without memory', () => {
    const layout = new CounterBlock();
    declare(layout);
    const { block } = blockWithMemory();
    declare(block);
    expect(block.families).toEqual(layout.families);
    expect(block.byteLength).toBe(layout.byteLength);
  });

  it('should give every number a cell of its own', () => {
    const { block, cells } = blockWithMemory();
    const { first, second, gauge, histogram, after } = declare(block);
    block.heartbeat.set(1);
    first.add(2);
    second.increment();
    gauge.set(4);
    histogram.observe(5);
    after.x.add(6);
    after.y.add(7);
    expect([...cells]).toEqual([1, 2, 1, 4, 0, 1, 0, 5, 1, 6, 7]);
    expect([block.heartbeat, first, second, gauge, after.x, after.y].map(({ value }) => value)).toEqual([
      1, 2, 1, 4, 6, 7,
    ]);
  });

  it('should put all series of one name into one family', () => {
    const layout = new CounterBlock();
    declare(layout);
    expect(layout.families.map(({ name, series }) => [name, series.map(({ labels }) => labels)])).toEqual([
      ['first_total', [{ listener: 'a' }, { listener: 'b' }]],
      ['open', [{}]],
      ['seconds', [{}]],
      [
        'after_total',
        [
          { listener: 'a', reason: 'x' },
          { listener: 'a', reason: 'y' },
        ],
      ],
    ]);
  });

  it('should be readable by another block on the same memory', () => {
    const { block, cells } = blockWithMemory();
    declare(block).first.add(3);
    const other = new CounterBlock(cells.buffer as SharedArrayBuffer);
    expect(declare(other).first.value).toBe(3);
  });
});
