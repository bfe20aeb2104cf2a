import { isAnyArrayBuffer } from 'node:util/types';
import { getHeapStatistics } from 'node:v8';

/** Limits for one input. An ordinary input of 20 KiB takes up to 13 MB, one of a few KiB less than 5 ms and 8 MB. */
export const MAX_CPU_MS = 250;
export const MAX_HEAP_BYTES = 32 * 1024 ** 2;

export interface Cost {
  /** CPU time of this thread. */
  readonly cpuMs: number;
  /** Bytes of allocated objects, freed or not, without the contents of Buffers. */
  readonly heapBytes: number;
}

/** The cost of the work, independent of how busy the machine is. */
export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = { cpu: process.threadCpuUsage(), bytes: allocatedBytes() };
  await work();
  const { user, system } = process.threadCpuUsage(before.cpu);
  return { cpuMs: (user + system) / 1_000, heapBytes: allocatedBytes() - before.bytes };
}

export function isTooMuch({ cpuMs, heapBytes }: Cost): boolean {
  return cpuMs > MAX_CPU_MS || heapBytes > MAX_HEAP_BYTES;
}

function allocatedBytes(): number {
  return getHeapStatistics().total_allocated_bytes;
}

type Allocate = (...args: never[]) => Buffer;
type Constructor = new (...args: never[]) => { readonly byteLength: number };

const MAKERS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'from'] as const;
const CONSTRUCTORS = (
  'ArrayBuffer SharedArrayBuffer Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array ' +
  'Uint32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array'
).split(' ');

const globals = globalThis as unknown as Record<string, Constructor>;

/** Allocated bytes up to a moment. */
export interface AllocationMark {
  readonly made: number;
  readonly external: number;
  readonly heap: number;
}

export interface Allocated {
  /** Outside of V8's heap: the contents of Buffers and arrays. */
  readonly outside: number;
  /** Objects and strings in V8's heap, freed or not; exact to a page or two. */
  readonly heap: number;
}

/**
 * Measures the allocations of this thread. Calls of Buffer's factory functions and of constructors are counted one by
 * one, so that memory freed at once counts too. Allocations of native code (`slice`, `TextEncoder`) show in V8's figure
 * of memory outside of its heap.
 */
export class AllocationMeter implements Disposable {
  readonly #makers = MAKERS.map((name) => [name, Buffer[name] as Allocate] as const);
  readonly #constructors = CONSTRUCTORS.map((name) => [name, globals[name]!] as const);
  #made = 0;

  constructor() {
    for (const [name, make] of this.#makers) {
      const counted: Allocate = (...args) => {
        const before = this.#made;
        const made = make.apply(Buffer, args);
        // Calls within the factory function are not counted again, and a view of existing bytes allocates none.
        this.#made = before + (isAnyArrayBuffer(args[0]) ? 0 : made.length);
        return made;
      };
      Object.assign(Buffer, { [name]: counted });
    }
    for (const [name, original] of this.#constructors) globals[name] = this.#counted(original);
  }

  mark(): AllocationMark {
    const { external_memory: external, total_allocated_bytes: heap } = getHeapStatistics();
    return { made: this.#made, external, heap };
  }

  since(mark: AllocationMark): Allocated {
    const { made, external, heap } = this.mark();
    return { outside: Math.max(made - mark.made, external - mark.external), heap: heap - mark.heap };
  }

  [Symbol.dispose](): void {
    for (const [name, make] of this.#makers) Object.assign(Buffer, { [name]: make });
    for (const [name, original] of this.#constructors) globals[name] = original;
  }

  #counted(original: Constructor): Constructor {
    return new Proxy(original, {
      construct: (target, args, newTarget) => {
        const made = Reflect.construct(target, args, newTarget) as InstanceType<Constructor>;
        if (!isAnyArrayBuffer(args[0])) this.#made += made.byteLength;
        return made;
      },
    });
  }
}
