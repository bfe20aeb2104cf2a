import { CounterBlock } from '@echo-daytime/worker';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { exposition } from './exposition.ts';
import { ProtobufFormat } from './protobuf-format.ts';
import { SharedMetrics } from './shared-metrics.ts';
import { TextFormat } from './text-format.ts';

const SOURCES = 5_000;
/** More than a slice: the series of one source are not divided. */
const MAX_SLICE_BYTES = 70_000;

it.each([new TextFormat(), new ProtobufFormat()])(
  'should give the event loop a turn after every slice: $contentType',
  async (format) => {
    const layout = new CounterBlock();
    const scale = { bounds: [1, 2, 3, 4, 5, 6, 7, 8], octaves: { from: -3, to: 3 } };
    layout.histogram('taken_seconds', 'Taken.', scale);
    const { families } = layout;
    const shared = new SharedMetrics();
    for (let source = 0; source < SOURCES; source += 1) {
      const memories = [new SharedArrayBuffer(layout.byteLength)];
      shared.add({ labels: { target: `target-${source}` }, families, memories });
    }
    let [turns, isDone] = [0, false];
    const countTurns = (): void => {
      turns += 1;
      if (!isDone) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    const sizes: number[] = [];
    for await (const part of exposition(format, { registry: new Registry(), shared }))
      sizes.push(part.length);
    isDone = true;
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBeLessThan(MAX_SLICE_BYTES);
    expect(turns).toBeGreaterThan(sizes.length - 5);
  },
);
