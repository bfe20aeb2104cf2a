import { roundMs } from './history.ts';
import type { SentSample } from './sample-batch.ts';
import {
  type SamplePoint,
  type SamplesDocument,
  STATUS_VERSION,
  type StatusDocument,
  type TargetDocument,
} from './status.ts';
import type { Target } from './target.ts';
import { TargetRecord } from './target-record.ts';

/** All that the status page and its API tell, kept up by the samples that the workers send. */
export class StatusBoard {
  readonly #records: readonly TargetRecord[];
  readonly #version: string;
  readonly #epoch: () => number;
  readonly #startedAt: number;

  /** @param epoch milliseconds since the Unix epoch */
  constructor(targets: readonly Target[], version: string, epoch: () => number) {
    this.#records = targets.map((target) => new TargetRecord(target));
    this.#version = version;
    this.#epoch = epoch;
    this.#startedAt = epoch();
  }

  get names(): readonly string[] {
    return this.#records.map(({ target }) => target.name);
  }

  receive(batch: readonly SentSample[]): void {
    for (const sample of batch) this.#records[sample.target]?.add(sample);
  }

  status(): StatusDocument {
    const now = this.#epoch();
    const shares = this.#records.map((record) => record.ownShare(now));
    return {
      version: STATUS_VERSION,
      now,
      probe: {
        version: this.#version,
        startedAt: this.#startedAt,
        trusted: shares.every(({ proberLate }) => proberLate === 0),
        scheduleLagMs: roundMs(Math.max(0, ...shares.map(({ maxLagMs }) => maxLagMs))),
      },
      targets: this.#records.map((record) => record.status(now)),
    };
  }

  target(name: string): TargetDocument | undefined {
    const record = this.#records.find(({ target }) => target.name === name);
    if (!record) return undefined;
    const now = this.#epoch();
    return { version: STATUS_VERSION, now, target: record.status(now), samples: record.points() };
  }

  /** The whole recent history, oldest first. */
  recentSamples(): SamplesDocument {
    return this.#samples((record) => record.points());
  }

  /** What came since this was last asked. */
  takeNews(): SamplesDocument {
    return this.#samples((record) => record.takeNews());
  }

  #samples(read: (record: TargetRecord) => SamplePoint[]): SamplesDocument {
    const samples = Object.fromEntries(this.#records.map((record) => [record.target.name, read(record)]));
    return { version: STATUS_VERSION, samples };
  }
}
