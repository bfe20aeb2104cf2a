import type { MetricFamily } from '@echo-daytime/worker';
import type { Registry } from 'prom-client';
import type { ExpositionFormat, FamilyEncoder, Part } from './exposition.ts';
import { FAMILY, labelBytes, METRIC, writeFamily, writeMetrics, writeValue } from './metric-messages.ts';
import { NativeHistogramEncoder } from './native-histogram.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import type { SourceReader } from './shared-metrics.ts';

/**
 * Messages of io.prometheus.client, each with its length in front:
 * https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
export class ProtobufFormat implements ExpositionFormat {
  readonly contentType =
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
  readonly #labels = new WeakMap<SourceReader, Uint8Array>();

  async registry(registry: Registry): Promise<Part> {
    const [all, one] = [new ProtobufWriter(), new ProtobufWriter()];
    for (const family of await registry.getMetricsAsJSON()) {
      one.reset();
      writeMetrics(one, family);
      all.varint(one.length);
      all.append(one.written);
    }
    return all.written;
  }

  family(family: MetricFamily): FamilyEncoder {
    return new ProtobufFamily(family, this.#labels);
  }
}

class ProtobufFamily implements FamilyEncoder {
  readonly #labels: WeakMap<SourceReader, Uint8Array>;
  readonly #slices: Uint8Array[] = [];
  readonly #slice = new ProtobufWriter();
  readonly #metric = new ProtobufWriter();
  readonly #histogram: NativeHistogramEncoder | undefined;
  readonly #own = new Map<MetricFamily, readonly Uint8Array[]>();

  /** @param labels a cache for the labels of sources */
  constructor({ name, help, type, scale }: MetricFamily, labels: WeakMap<SourceReader, Uint8Array>) {
    this.#labels = labels;
    this.#histogram = scale && new NativeHistogramEncoder(scale);
    writeFamily(this.#slice, name, help, type);
  }

  get sliceBytes(): number {
    return this.#slice.length;
  }

  add(source: SourceReader, family: MetricFamily): void {
    const { series, type } = family;
    let common = this.#labels.get(source);
    if (!common) {
      common = labelBytes(source.labels);
      this.#labels.set(source, common);
    }
    let own = this.#own.get(family);
    if (!own) {
      own = series.map(({ labels }) => labelBytes(labels));
      this.#own.set(family, own);
    }
    const metric = this.#metric;
    for (let index = 0; index < series.length; index += 1) {
      const { cell, shownAtZero } = series[index]!;
      metric.reset();
      metric.append(common);
      metric.append(own[index]!);
      if (this.#histogram) {
        metric.bytes(METRIC.histogram, this.#histogram.encode(source, cell));
      } else {
        const value = source.read(cell);
        if (!shownAtZero && value === 0) continue;
        writeValue(metric, type, value);
      }
      this.#slice.bytes(FAMILY.metric, metric.written);
    }
  }

  /** Nothing can be sent before the length of the whole family is known. */
  slice(): readonly Part[] {
    this.#slices.push(this.#slice.take());
    return [];
  }

  end(): readonly Part[] {
    this.slice();
    const length = new ProtobufWriter();
    length.varint(this.#slices.reduce((sum, slice) => sum + slice.length, 0));
    return [length.written, ...this.#slices];
  }
}
