import {
  type HistogramCells,
  type HistogramScale,
  histogramCells,
  NATIVE_SCHEMA,
} from '@echo-daytime/worker';
import { HISTOGRAM, writeBucket } from './metric-messages.ts';
import { ProtobufWriter, varintBytes, zigzag } from './protobuf-writer.ts';
import type { SourceReader } from './shared-metrics.ts';

const SPAN = { offset: 1, length: 2 };
/** So many empty buckets cost no more than a new span. */
const MAX_GAP = 2;

/**
 * Encodes histograms of one scale with both kinds of buckets. A Prometheus that takes native histograms uses the exponential buckets, and
 * the fixed ones only where its configuration says so.
 */
export class NativeHistogramEncoder {
  readonly #scale: HistogramScale;
  readonly #places: HistogramCells;
  /** The cells of one histogram. */
  readonly #cells: Float64Array;
  readonly #message = new ProtobufWriter();
  readonly #deltas = new ProtobufWriter();

  constructor(scale: HistogramScale) {
    this.#scale = scale;
    this.#places = histogramCells(scale);
    this.#cells = new Float64Array(this.#places.end);
  }

  /**
   * @param first the first cell of the histogram
   * @returns the message, valid until the next one
   */
  encode(source: SourceReader, first: number): Uint8Array {
    const { bounds, octaves } = this.#scale;
    const [cells, message] = [this.#cells, this.#message];
    source.readInto(cells, first);
    message.reset();
    const zeroCount = cells[this.#places.zero]!;
    const exponential = this.#readSpans();
    const count = zeroCount + exponential.count;
    message.uint(HISTOGRAM.count, count);
    message.double(HISTOGRAM.sum, cells[this.#places.sum]!);
    // Of +Inf there is none: it is the count.
    let cumulative = 0;
    for (let bucket = 0; bucket < bounds.length; bucket += 1) {
      // A worker may have counted in the one kind of buckets and not yet in the other.
      cumulative = Math.min(count, cumulative + cells[bucket]!);
      writeBucket(message, cumulative, bounds[bucket]!);
    }
    message.sint(HISTOGRAM.schema, NATIVE_SCHEMA);
    message.double(HISTOGRAM.zeroThreshold, 2 ** octaves.from);
    message.uint(HISTOGRAM.zeroCount, zeroCount);
    for (const { offset, length } of exponential.spans) {
      message.header(HISTOGRAM.positiveSpan, 2 + varintBytes(zigzag(offset)) + varintBytes(length));
      message.sint(SPAN.offset, offset);
      message.uint(SPAN.length, length);
    }
    message.bytes(HISTOGRAM.positiveDelta, this.#deltas.written);
    return message.written;
  }

  /**
   * The exponential buckets that have counted: runs of buckets, and in `#deltas` the count of each less that of the bucket
   * before. The offset of a run is that of its first bucket from index 0, then from the end of the run before.
   */
  #readSpans(): { readonly count: number; readonly spans: readonly Span[] } {
    const { exponential, firstIndex, end } = this.#places;
    const spans: Span[] = [];
    this.#deltas.reset();
    let [count, before, next] = [0, 0, 0];
    const add = (bucket: number): void => {
      this.#deltas.varint(zigzag(bucket - before));
      before = bucket;
    };
    for (let at = exponential; at < end; at += 1) {
      const bucket = this.#cells[at]!;
      if (bucket === 0) continue;
      count += bucket;
      const index = firstIndex + at - exponential;
      const last = spans.at(-1);
      if (!last || index - next > MAX_GAP) {
        spans.push({ offset: index - next, length: 1 });
      } else {
        for (; next < index; next += 1) {
          add(0);
          last.length += 1;
        }
        last.length += 1;
      }
      add(bucket);
      next = index + 1;
    }
    return { count, spans };
  }
}

interface Span {
  readonly offset: number;
  length: number;
}
