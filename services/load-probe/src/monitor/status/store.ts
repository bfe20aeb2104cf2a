import { randomUUID } from 'node:crypto';
import { roundMs } from '../../stats/history.ts';
import type { Target } from '../../targets/target.ts';
import type { TargetMessage } from '../messages.ts';
import { TargetRecord } from './target-record.ts';
import {
  type BucketsDocument,
  type DiscoveryStatus,
  type HistoryDocument,
  type ProbeStatus,
  STATUS_VERSION,
  type StatusDocument,
  type TargetDocument,
  type TargetsFileStatus,
} from './types.ts';

export interface StatusStoreOptions {
  readonly version: string;
  /** The name of the machine or container that the probe runs on. */
  readonly host: string;
  /** Without it nothing is known of it. */
  readonly place?: Pick<ProbeStatus, 'mesh' | 'node' | 'zone'>;
  /** Milliseconds since the Unix epoch. */
  epoch(): number;
}

const NOWHERE = { node: null, zone: null, mesh: null };

/** All that the status page and its API show, kept up to date by the messages of the workers. */
export class StatusStore {
  /** By the number of the target in messages, in the order in which targets are shown. */
  #records = new Map<number, TargetRecord>();
  readonly #version: string;
  readonly #place: Pick<ProbeStatus, 'host' | 'mesh' | 'node' | 'run' | 'zone'>;
  readonly #epoch: () => number;
  readonly #startedAt: number;

  #discoveries: readonly DiscoveryStatus[] = [];
  #targetsFile: TargetsFileStatus | null = null;

  constructor({ version, host, place = NOWHERE, epoch }: StatusStoreOptions) {
    this.#version = version;
    this.#place = { ...place, host, run: randomUUID() };
    this.#epoch = epoch;
    this.#startedAt = epoch();
  }

  add(number: number, target: Target): void {
    this.#records.set(number, new TargetRecord(target));
  }

  update(number: number, target: Target): void {
    this.#records.get(number)?.update(target);
  }

  remove(number: number): void {
    this.#records.delete(number);
  }

  /** @param numbers of all targets */
  arrange(numbers: readonly number[]): void {
    const records = this.#records;
    this.#records = new Map(numbers.map((number) => [number, records.get(number)!]));
  }

  setDiscoveries(discoveries: readonly DiscoveryStatus[]): void {
    this.#discoveries = discoveries;
  }

  setTargetsFile(targetsFile: TargetsFileStatus): void {
    this.#targetsFile = targetsFile;
  }

  get ids(): readonly string[] {
    return this.#all.map(({ target }) => target.id);
  }

  receive(batch: readonly TargetMessage[]): void {
    const now = this.#readClock();
    // A message may be about a target that was removed meanwhile.
    for (const message of batch) this.#records.get(message.target)?.add(message, now);
  }

  status(): StatusDocument {
    const now = this.#readClock();
    const records = this.#all;
    const lastMinutes = records.map((record) => record.lastMinute(now));
    return {
      version: STATUS_VERSION,
      now,
      probe: {
        version: this.#version,
        ...this.#place,
        startedAt: this.#startedAt,
        trusted: lastMinutes.every(({ proberLate }) => proberLate === 0),
        scheduleLagMs: roundMs(lastMinutes.reduce((most, { maxLagMs }) => Math.max(most, maxLagMs), 0)),
        targetsFile: this.#targetsFile,
      },
      targets: records.map((record, index) => record.status(now, lastMinutes[index])),
      discoveries: this.#discoveries,
    };
  }

  target(id: string): TargetDocument | undefined {
    const record = this.#find(id);
    if (!record) return undefined;
    const now = this.#readClock();
    return { version: STATUS_VERSION, now, target: record.status(now), samples: record.recentPoints(now) };
  }

  /** The span up to now in `count` buckets. They begin at multiples of their length, so that they stay the same. */
  history(id: string, spanMs: number, count: number): HistoryDocument | undefined {
    const record = this.#find(id);
    if (!record) return undefined;
    const now = this.#readClock();
    const widthMs = spanMs / count;
    const fromMs = (Math.floor(now / widthMs) + 1 - count) * widthMs;
    const buckets = record.buckets(fromMs, widthMs, count);
    return { version: STATUS_VERSION, now, target: record.status(now), spanMs, buckets };
  }

  /** The last ten minutes of each series, second by second, read when its turn comes. */
  *recentSeconds(): Generator<BucketsDocument, void> {
    for (const record of this.#shown) {
      const now = this.#epoch();
      record.forgetAfter(now);
      const seconds = record.recentSeconds(now);
      yield { version: STATUS_VERSION, buckets: { [record.target.id]: seconds } };
    }
  }

  /** The seconds that have changed since this was last called. */
  takeChangedSeconds(): BucketsDocument {
    const now = this.#readClock();
    const changed = this.#shown.map((record) => [record.target.id, record.takeChangedSeconds(now)]);
    return { version: STATUS_VERSION, buckets: Object.fromEntries(changed) };
  }

  #readClock(): number {
    const now = this.#epoch();
    for (const record of this.#records.values()) record.forgetAfter(now);
    return now;
  }

  get #all(): TargetRecord[] {
    return [...this.#records.values()];
  }

  /** Without peers: the seconds of hundreds would overload a stream. */
  get #shown(): TargetRecord[] {
    return this.#all.filter(({ target }) => target.peer === undefined);
  }

  #find(id: string): TargetRecord | undefined {
    return this.#all.find(({ target }) => target.id === id);
  }
}
