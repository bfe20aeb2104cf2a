import { type Outcome, outcomes } from '../../sampling/outcome.ts';
import { HISTOGRAM_CELLS, LatencyHistogram } from '../../stats/histogram.ts';

const SENT = 0;
const OK = 1;
const UNEXPECTED = 2;
const OPENED = 3;
const FAILED = 4;
const LATENCIES = FAILED + outcomes.length;
const CELLS = LATENCIES + HISTOGRAM_CELLS;

const cellOf = Object.fromEntries(outcomes.map((outcome, index) => [outcome, FAILED + index])) as Record<
  Outcome,
  number
>;

export type FailedOutcome = Exclude<Outcome, 'ok'>;

/** The counters of one worker, in shared memory: only the worker writes them, the main thread reads them at any time. */
export class LoadCounters {
  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(CELLS * Float64Array.BYTES_PER_ELEMENT);
  }

  /** From the due time to the complete and right answer. */
  readonly latencies: LatencyHistogram;
  readonly #cells: Float64Array;

  constructor(memory: SharedArrayBuffer | ArrayBuffer) {
    this.#cells = new Float64Array(memory);
    this.latencies = new LatencyHistogram(this.#cells.subarray(LATENCIES));
  }

  /** Counts a message that begins. It ends with `answered` or `fail`, unless the load is stopped before. */
  begin(): void {
    this.#cells[SENT]! += 1;
  }

  answered(latencyMs: number): void {
    this.#cells[OK]! += 1;
    this.latencies.record(latencyMs);
  }

  fail(outcome: FailedOutcome, count: number): void {
    this.#cells[cellOf[outcome]]! += count;
  }

  /** Counts a reply without a message under way: a duplicate, or a reply after the timeout. */
  unexpected(): void {
    this.#cells[UNEXPECTED]! += 1;
  }

  opened(): void {
    this.#cells[OPENED]! += 1;
  }

  get begunCount(): number {
    return this.#cells[SENT]!;
  }

  get okCount(): number {
    return this.#cells[OK]!;
  }

  get unexpectedCount(): number {
    return this.#cells[UNEXPECTED]!;
  }

  /** Connections, or sockets over UDP. */
  get openedCount(): number {
    return this.#cells[OPENED]!;
  }

  failedCount(outcome: FailedOutcome): number {
    return this.#cells[cellOf[outcome]]!;
  }

  get failedTotal(): number {
    let total = 0;
    for (let cell = FAILED; cell < LATENCIES; cell += 1) total += this.#cells[cell]!;
    return total;
  }

  get underWay(): number {
    return this.begunCount - this.okCount - this.failedTotal;
  }

  /** The sum of several workers' counters at this moment. */
  static sum(all: readonly LoadCounters[]): LoadCounters {
    const total = new LoadCounters(new ArrayBuffer(CELLS * Float64Array.BYTES_PER_ELEMENT));
    for (const counters of all) {
      for (let cell = 0; cell < LATENCIES; cell += 1) total.#cells[cell]! += counters.#cells[cell]!;
      total.latencies.add(counters.latencies);
    }
    return total;
  }
}
