/**
 * The faults injected into the replies of a listener, in memory that the control plane shares with all workers. A write
 * applies from the next reply on, also in a restarted worker.
 */

export const faultNames = [
  /** The reply is delayed. */
  'delay',
  /** The reply is delayed by a random time from 0 up to the given one. */
  'jitter',
  /** The reply is not sent. */
  'loss',
  /** The reply is sent twice. */
  'duplicate',
  /** One byte of the reply is changed. */
  'corrupt',
  /** The second half of the reply is missing. */
  'truncate',
  /** The connection is reset in place of the reply. */
  'reset',
  /** Neither this reply nor a later one is sent on the connection. */
  'stall',
  /** A new connection is reset at once. */
  'refuse',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface Fault {
  /** For each reply (`refuse`: each connection) independently; above 0, at most 1. */
  readonly probability: number;
  /** For `delay` and `jitter`; 0 for the others. Milliseconds. */
  readonly ms: number;
}

/** The faults of a listener; a fault that is absent does not happen. */
export type FaultSet = { readonly [Name in FaultName]?: Fault };

const NONE: FaultSet = {};
/** A version number before the cells, odd while they are written. It takes 8 bytes, so that the cells are aligned. */
const VERSION_BYTES = 8;
const CELLS_PER_FAULT = 2;

/** The faults of one listener in shared memory. One thread writes, all may read. */
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

  /** The last complete set. */
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
