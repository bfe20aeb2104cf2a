import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MetricFamily } from '@echo-daytime/worker';
import type { Registry } from 'prom-client';
import type { Metrics } from '../metrics.ts';
import type { SourceReader } from './shared-metrics.ts';

/** A part of the answer to a scrape. */
export type Part = string | Uint8Array;

/** A format of Prometheus for what is scraped. */
export interface ExpositionFormat {
  readonly contentType: string;
  /** The metrics of the control plane. */
  registry(registry: Registry): Promise<Part>;
  family(family: MetricFamily): FamilyEncoder;
}

/** Encodes one family of all sources. */
export interface FamilyEncoder {
  /** Adds the series of a source that has the family. */
  add(source: SourceReader, family: MetricFamily): void;
  /** About how many bytes the current slice has. */
  readonly sliceBytes: number;
  /** Begins the next slice, and returns what can be sent. */
  slice(): readonly Part[];
  /** Everything that is left. */
  end(): readonly Part[];
}

/**
 * After so many bytes the event loop has a turn: a scrape of thousands of targets takes long, and the control plane must
 * answer its other clients meanwhile. It takes some 0.3 ms to encode them.
 */
const SLICE_BYTES = 64 * 1024;

/** All metrics, part by part. */
export async function* exposition(
  format: ExpositionFormat,
  { registry, shared }: Metrics,
): AsyncGenerator<Part> {
  yield await format.registry(registry);
  const readers = shared.readers;
  for (const first of shared.families) {
    const encoder = format.family(first);
    for (const [reader, family] of having(first.name, readers)) {
      encoder.add(reader, family);
      if (encoder.sliceBytes < SLICE_BYTES) continue;
      yield* encoder.slice();
      await nextTurn();
    }
    yield* encoder.end();
  }
}

/** The sources that have a family, each with its own. Sources with the same families share them. */
function* having(name: string, readers: readonly SourceReader[]): Generator<[SourceReader, MetricFamily]> {
  const found = new Map<readonly MetricFamily[], MetricFamily | undefined>();
  for (const reader of readers) {
    const { families } = reader;
    if (!found.has(families)) {
      found.set(
        families,
        families.find((family) => family.name === name),
      );
    }
    const family = found.get(families);
    if (family) yield [reader, family];
  }
}
