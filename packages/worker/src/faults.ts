/**
 * The faults that the control plane injects into the answers of a listener, in memory that it shares with every
 * worker: what it writes holds from the next answer on, in a worker that is started again as well.
 */

export const faultNames = [
  /** The answer waits. */
  'delay',
  /** The answer waits a random time from 0. */
  'jitter',
  /** The answer is not sent. */
  'loss',
  /** The answer is sent twice. */
  'duplicate',
  /** One byte of the answer is changed. */
  'corrupt',
  /** The answer is cut off. */
  'truncate',
  /** The connection is reset in place of the answer. */
  'reset',
  /** The connection falls silent before the answer. */
  'stall',
  /** A new connection is reset at once. */
  'refuse',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface Fault {
  /** Of each answer (`refuse`: of each connection) by itself; above 0, at most 1. */
  readonly probability: number;
  /** Of `delay` and `jitter`; 0 for the others. Milliseconds. */
  readonly ms: number;
}

/** What a listener suffers from; a fault that is not there does not happen. */
export type FaultSet = { readonly [Name in FaultName]?: Fault };

const NONE: FaultSet = {};
/** Before the cells: a number that is odd while the cells are written. 8 bytes keep them aligned. */
const VERSION_BYTES = 8;
const CELLS_PER_FAULT = 2;

/** The faults of one listener. One thread writes, any may read. */
export class SharedFaults {
  readonly memory: SharedArrayBuffer;
  readonly #version: Int32Array;
  readonly #cells: Float64Array;
  #seen = 0;
  #set: FaultSet = NONE;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#version = new Int32Array(memory, 0, 1);
    this.#cells = new Float64Array(memory, VERSION_BYTES);
  }

  static memory(): SharedArrayBuffer {
    const cells = faultNames.length * CELLS_PER_FAULT;
    return new SharedArrayBuffer(VERSION_BYTES + cells * Float64Array.BYTES_PER_ELEMENT);
  }

  /** Replaces the whole set. */
  write(set: FaultSet): void {
    Atomics.add(this.#version, 0, 1);
    for (const [index, name] of faultNames.entries()) {
      const fault = set[name];
      this.#cells.set([fault?.probability ?? 0, fault?.ms ?? 0], index * CELLS_PER_FAULT);
    }
    Atomics.add(this.#version, 0, 1);
  }

  /** The set as last written as a whole. */
  get current(): FaultSet {
    const version = Atomics.load(this.#version, 0);
    if (version === this.#seen || version % 2 !== 0) return this.#set;
    const set = this.#read();
    if (Atomics.load(this.#version, 0) === version) {
      this.#set = set;
      this.#seen = version;
    }
    return this.#set;
  }

  #read(): FaultSet {
    const faults = faultNames.map((name, index): [FaultName, Fault] => {
      const [probability = 0, ms = 0] = this.#cells.subarray(index * CELLS_PER_FAULT);
      return [name, { probability, ms }];
    });
    return Object.fromEntries(faults.filter(([, { probability }]) => probability > 0));
  }
}
