/**
 * Counters in shared memory: one block per data-plane worker, written by that worker alone and read by the
 * control plane at scrape. A hot path adds to a plain number; names and labels are resolved once, when the block is
 * laid out.
 *
 * Both planes lay out the same block by running the same declarations in the same order: first the control plane
 * without memory, to learn the size and the metric families, then the worker with memory.
 */

import { cellsOf, Histogram, type HistogramScale } from './histogram.ts';

export type Labels = Readonly<Record<string, string>>;

/** One number: a counter, which only grows, or a gauge. */
export class Counter {
  readonly #cells: Float64Array;
  readonly #index: number;

  constructor(cells: Float64Array, index: number) {
    this.#cells = cells;
    this.#index = index;
  }

  add(amount: number): void {
    this.#cells[this.#index]! += amount;
  }

  increment(): void {
    this.#cells[this.#index]! += 1;
  }

  set(value: number): void {
    this.#cells[this.#index] = value;
  }

  get value(): number {
    return this.#cells[this.#index] ?? 0;
  }
}

export interface Series {
  readonly labels: Labels;
  /** First cell of the series; a counter and a gauge have one, a histogram `cellsOf(scale)`. */
  readonly cell: number;
  /** Whether the series is shown while its value is 0. */
  readonly shownAtZero: boolean;
}

/** A metric family of Prometheus, with the cells of each of its series. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Of a histogram. */
  readonly scale?: HistogramScale;
  readonly series: Series[];
}

/**
 * Counters that must balance: in = open + Σ out. When a worker dies, `settle` counts what it left open as lost.
 */
export interface Account {
  readonly into: Counter;
  readonly out: readonly Counter[];
  /** One of `out`. */
  readonly lost: Counter;
  /** The gauge of what is open, if there is one. */
  readonly open?: Counter;
}

/** Cell 0 of every block: the time of the worker's last heartbeat, seconds of the monotonic clock. */
const HEARTBEAT_CELL = 0;

export class CounterBlock {
  readonly families: MetricFamily[] = [];
  readonly accounts: Account[] = [];
  readonly heartbeat: Counter;
  readonly #cells: Float64Array;
  #used = 1;

  /** @param memory the block's memory; without it the block only describes itself and counts nothing */
  constructor(memory?: SharedArrayBuffer) {
    this.#cells = memory ? new Float64Array(memory) : new Float64Array(0);
    this.heartbeat = new Counter(this.#cells, HEARTBEAT_CELL);
  }

  get byteLength(): number {
    return this.#used * Float64Array.BYTES_PER_ELEMENT;
  }

  /** @param shownAtZero false: it is shown only once it has counted */
  counter(name: string, help: string, labels: Labels = {}, shownAtZero = true): Counter {
    return new Counter(this.#cells, this.#declare('counter', name, help, labels, { shownAtZero }));
  }

  gauge(name: string, help: string, labels: Labels = {}): Counter {
    return new Counter(this.#cells, this.#declare('gauge', name, help, labels));
  }

  histogram(name: string, help: string, scale: HistogramScale, labels: Labels = {}): Histogram {
    const first = this.#declare('histogram', name, help, labels, { cells: cellsOf(scale), scale });
    return new Histogram(this.#cells, first, scale);
  }

  /**
   * One counter per reason. All are shown from the start, so that a rate over them is never missing.
   *
   * @param expected where given, the others are shown only once they have counted
   */
  countersBy<Reason extends string>(
    label: string,
    reasons: readonly Reason[],
    name: string,
    help: string,
    labels: Labels,
    expected: readonly Reason[] = reasons,
  ): Record<Reason, Counter> {
    const entries = reasons.map((reason) => {
      const own = { ...labels, [label]: reason };
      const cell = this.#declare('counter', name, help, own, {
        shownAtZero: expected.includes(reason),
      });
      return [reason, new Counter(this.#cells, cell)];
    });
    return Object.fromEntries(entries) as Record<Reason, Counter>;
  }

  account(account: Account): void {
    this.accounts.push(account);
  }

  #declare(
    type: MetricFamily['type'],
    name: string,
    help: string,
    labels: Labels,
    {
      cells = 1,
      scale,
      shownAtZero = true,
    }: { readonly cells?: number; readonly scale?: HistogramScale; readonly shownAtZero?: boolean } = {},
  ): number {
    const cell = this.#used;
    this.#used += cells;
    let family = this.families.find((candidate) => candidate.name === name);
    if (!family) {
      family = { name, help, type, ...(scale && { scale }), series: [] };
      this.families.push(family);
    }
    family.series.push({ labels, cell, shownAtZero });
    return cell;
  }
}

/** What is still open: in − Σ out. */
export function outstanding(account: Account): number {
  return account.out.reduce((left, counter) => left - counter.value, account.into.value);
}

/** Counts what a dead worker left open as lost. Call only when the worker can no longer write. */
export function settle(block: CounterBlock): void {
  for (const account of block.accounts) {
    account.lost.add(outstanding(account));
    account.open?.set(0);
  }
}
