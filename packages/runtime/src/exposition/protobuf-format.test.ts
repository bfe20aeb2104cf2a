import { CounterBlock } from '@echo-daytime/worker';
import { Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { exposition } from './exposition.ts';
import { ProtobufFormat } from './protobuf-format.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { SharedMetrics } from './shared-metrics.ts';

/** The fields of a message in order: varints and doubles as numbers, the others as bytes. */
type Fields = readonly (readonly [field: number, value: number | Buffer])[];

function readVarint(bytes: Buffer, at: number): [value: number, next: number] {
  let [value, factor, next] = [0, 1, at];
  for (; bytes[next]! >= 0x80; next += 1) {
    value += (bytes[next]! & 0x7f) * factor;
    factor *= 0x80;
  }
  return [value + bytes[next]! * factor, next + 1];
}

function readFields(bytes: Buffer): Fields {
  const fields: [number, number | Buffer][] = [];
  for (let at = 0; at < bytes.length; ) {
    const [tag, start] = readVarint(bytes, at);
    if (tag % 8 === 1) {
      fields.push([tag >> 3, bytes.readDoubleLE(start)]);
      at = start + 8;
    } else {
      const [value, next] = readVarint(bytes, start);
      fields.push([tag >> 3, tag % 8 === 2 ? bytes.subarray(next, next + value) : value]);
      at = tag % 8 === 2 ? next + value : next;
    }
  }
  return fields;
}

const all = (fields: Fields, wanted: number) =>
  fields.filter(([field]) => field === wanted).map(([, value]) => value);
const messages = (fields: Fields, wanted: number) =>
  all(fields, wanted).map((value) => readFields(value as Buffer));
const signed = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
const labelsOf = (metric: Fields) =>
  Object.fromEntries(messages(metric, 1).map((label) => label.map(([, value]) => `${value}`)));

/** The messages of a scrape, by the name of their family. */
async function scrape(registry: Registry, shared: SharedMetrics): Promise<Map<string, Fields>> {
  const parts = await Array.fromAsync(exposition(new ProtobufFormat(), { registry, shared }));
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const families = new Map<string, Fields>();
  for (let at = 0; at < bytes.length; ) {
    const [length, start] = readVarint(bytes, at);
    const family = readFields(bytes.subarray(start, start + length));
    families.set(`${all(family, 1)[0]}`, family);
    at = start + length;
  }
  return families;
}

describe('the protobuf format', () => {
  const scale = { bounds: [1, 10], octaves: { from: -1, to: 4 } };
  const declare = (block: CounterBlock) => ({
    histogram: block.histogram('taken_seconds', 'Taken.', scale, { phase: 'a' }),
    counters: block.countersBy('outcome', ['ok', 'odd'], 'samples_total', 'Samples.', {}, ['ok']),
    gauge: block.gauge('open', 'Open.'),
  });
  const layout = new CounterBlock();
  declare(layout);
  const memory = new SharedArrayBuffer(layout.byteLength);
  const { histogram, counters, gauge } = declare(new CounterBlock(memory));
  const shared = new SharedMetrics();
  shared.add({ labels: { target: 'ü' }, families: layout.families, memories: [memory] });
  // Bucket 0 ends at 1, bucket 1 at 1.09, bucket 8 at 2, bucket 32 at 16.
  for (const value of [0.1, 1, 1.05, 1.05, 2, 12, 99]) histogram.observe(value);
  counters.ok.add(3_000_000_000);
  gauge.set(-2.5);

  it('should have counters and gauges with their labels', async () => {
    const families = await scrape(new Registry(), shared);
    const samples = families.get('samples_total')!;
    expect(all(samples, 2).join()).toBe('Samples.');
    expect(all(samples, 3)).toEqual([0]);
    const [metric, ...others] = messages(samples, 4);
    expect(others).toEqual([]);
    expect(labelsOf(metric!)).toEqual({ target: 'ü', outcome: 'ok' });
    expect(messages(metric!, 3)).toEqual([[[1, 3_000_000_000]]]);
    expect(all(families.get('open')!, 3)).toEqual([1]);
    expect(messages(messages(families.get('open')!, 4)[0]!, 2)).toEqual([[[1, -2.5]]]);
  });

  it('should have histograms with fixed and with exponential buckets', async () => {
    const family = (await scrape(new Registry(), shared)).get('taken_seconds')!;
    expect(all(family, 3)).toEqual([4]);
    const [metric] = messages(family, 4);
    expect(labelsOf(metric!)).toEqual({ target: 'ü', phase: 'a' });
    const [value] = messages(metric!, 7);
    expect(all(value!, 1)).toEqual([7]);
    expect(all(value!, 2)[0]).toBeCloseTo(116.2);
    expect(messages(value!, 3)).toEqual([
      [
        [1, 2],
        [2, 1],
      ],
      [
        [1, 5],
        [2, 10],
      ],
    ]);
    expect(all(value!, 5).map((schema) => signed(schema as number))).toEqual([3]);
    expect(all(value!, 6)).toEqual([0.5]);
    expect(all(value!, 7)).toEqual([1]);
    const spans = messages(value!, 12).map((span) => {
      const [offset, length] = span.map(([, number]) => number as number);
      return [signed(offset!), length];
    });
    // 12 is in bucket 29; 99 is beyond the last, which is 32.
    expect(spans).toEqual([
      [0, 2],
      [6, 1],
      [20, 4],
    ]);
    const [packed] = all(value!, 13) as [Buffer];
    expect([...packed].map(signed)).toEqual([1, 1, -1, 0, -1, 0, 1]);
  });

  it('should have the metrics of the registry', async () => {
    const registry = new Registry();
    const registers = [registry];
    new Gauge({ name: 'info', help: 'Info.', labelNames: ['version'], registers }).set({ version: '1' }, 1);
    const buckets = [1, 2];
    const gc = new Histogram({ name: 'gc', help: 'Collections.', labelNames: ['kind'], buckets, registers });
    gc.observe({ kind: 'major' }, 1.5);
    gc.observe({ kind: 'major' }, 5);
    const families = await scrape(registry, new SharedMetrics());
    const [info] = messages(families.get('info')!, 4);
    expect(labelsOf(info!)).toEqual({ version: '1' });
    expect(messages(info!, 2)).toEqual([[[1, 1]]]);
    const [major] = messages(families.get('gc')!, 4);
    expect(labelsOf(major!)).toEqual({ kind: 'major' });
    const [value] = messages(major!, 7);
    expect(all(value!, 1)).toEqual([2]);
    expect(all(value!, 2)).toEqual([6.5]);
    expect(messages(value!, 3)).toEqual([
      [
        [1, 0],
        [2, 1],
      ],
      [
        [1, 1],
        [2, 2],
      ],
    ]);
  });
});

it('should write every whole number that a double has', () => {
  for (const value of [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1]) {
    const writer = new ProtobufWriter();
    writer.varint(value);
    expect(readVarint(Buffer.from(writer.written), 0)).toEqual([value, writer.length]);
  }
});
