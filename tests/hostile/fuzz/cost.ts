import { isAnyArrayBuffer } from 'node:util/types';
import { getHeapStatistics } from 'node:v8';

/** What one input may cost; an honest one of 20 KiB takes up to 13 MB, one of a few KiB less than 5 ms and 8 MB. */
export const MAX_CPU_MS = 250;
export const MAX_HEAP_BYTES = 32 * 1024 ** 2;

export interface Cost {
  /** Of this thread. */
  readonly cpuMs: number;
  /** Objects that were made, whether they were freed or not; what Buffers hold is not among them. */
  readonly heapBytes: number;
}

/** What the work takes, however busy the machine is. */
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

/** What was allocated up to a moment. Bytes. */
export interface AllocationMark {
  readonly made: number;
  readonly external: number;
  readonly heap: number;
}

export interface Allocated {
  /** Outside of V8's heap: what holds the bytes of Buffers and arrays. */
  readonly outside: number;
  /** Objects and strings in V8's heap, whether they were freed or not; exact to a page or two. */
  readonly heap: number;
}

/**
 * Counts what this thread allocates. What is made through a Buffer's makers or a constructor is counted one by one, so
 * that what was freed at once counts too; what native code makes (a copy by `slice`, `TextEncoder`) shows in V8's own
 * figure of memory outside of its heap.
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
        // What the maker itself calls is part of it, and a view of bytes that are there makes none.
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
