import type { MetricObjectWithValues, MetricValueWithName } from 'prom-client';
import { ProtobufWriter, varintBytes } from './protobuf-writer.ts';

/** Numbers of fields, see `protobuf-format.ts`. */
export const FAMILY = { name: 1, help: 2, type: 3, metric: 4 };
export const METRIC = { label: 1, gauge: 2, counter: 3, histogram: 7 };
export const HISTOGRAM = {
  count: 1,
  sum: 2,
  bucket: 3,
  schema: 5,
  zeroThreshold: 6,
  zeroCount: 7,
  positiveSpan: 12,
  positiveDelta: 13,
};
const LABEL = { name: 1, value: 2 };
const BUCKET = { cumulativeCount: 1, upperBound: 2 };
/** Of a counter and of a gauge. */
const VALUE = 1;
const TYPES: Readonly<Record<string, number>> = { counter: 0, gauge: 1, histogram: 4 };

export type MessageLabels = Readonly<Record<string, string | number>>;

export function writeFamily(writer: ProtobufWriter, name: string, help: string, type: string): void {
  writer.string(FAMILY.name, name);
  writer.string(FAMILY.help, help);
  writer.uint(FAMILY.type, TYPES[type]!);
}

/** The labels of a metric, as its first fields. */
export function labelBytes(labels: MessageLabels): Uint8Array {
  const [all, pair] = [new ProtobufWriter(), new ProtobufWriter()];
  for (const [label, value] of Object.entries(labels)) {
    pair.reset();
    pair.string(LABEL.name, label);
    pair.string(LABEL.value, `${value}`);
    all.bytes(METRIC.label, pair.written);
  }
  return all.take();
}

export function writeValue(metric: ProtobufWriter, type: string, value: number): void {
  const bytes = 1 + Float64Array.BYTES_PER_ELEMENT;
  metric.header(type === 'counter' ? METRIC.counter : METRIC.gauge, bytes);
  metric.double(VALUE, value);
}

export function writeBucket(histogram: ProtobufWriter, cumulativeCount: number, upperBound: number): void {
  const bytes = 2 + varintBytes(cumulativeCount) + Float64Array.BYTES_PER_ELEMENT;
  histogram.header(HISTOGRAM.bucket, bytes);
  histogram.uint(BUCKET.cumulativeCount, cumulativeCount);
  histogram.double(BUCKET.upperBound, upperBound);
}

/** A family of prom-client. Its histograms have fixed buckets only. */
export function writeMetrics(
  family: ProtobufWriter,
  { name, help, type, values }: MetricObjectWithValues<MetricValueWithName<string>>,
): void {
  // The library declares numbers, but it has names.
  const typeName = `${type}`;
  writeFamily(family, name, help, typeName);
  const metric = new ProtobufWriter();
  const message = new ProtobufWriter();
  for (const [labels, samples] of seriesOf(values)) {
    metric.reset();
    metric.append(labelBytes(labels));
    if (typeName === 'histogram') {
      message.reset();
      for (const {
        metricName,
        value,
        labels: { le },
      } of samples) {
        if (metricName === `${name}_count`) message.uint(HISTOGRAM.count, value);
        else if (metricName === `${name}_sum`) message.double(HISTOGRAM.sum, value);
        else if (le !== '+Inf') writeBucket(message, value, Number(le));
      }
      metric.bytes(METRIC.histogram, message.written);
    } else {
      writeValue(metric, typeName, samples[0]!.value);
    }
    family.bytes(FAMILY.metric, metric.written);
  }
}

type Samples = readonly MetricValueWithName<string>[];

/** Samples by their labels, but for `le`. */
function seriesOf(values: Samples): readonly (readonly [MessageLabels, Samples])[] {
  const groups = Map.groupBy(values, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels));
  return [...groups].map(([labels, samples]) => [JSON.parse(labels), samples]);
}
