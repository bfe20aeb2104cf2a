type Allocate = (...args: never[]) => Buffer;

const MAKERS = ['alloc', 'allocUnsafe', 'concat', 'from'] as const;

/** Counts the bytes of all Buffers that are made in this thread: V8's own figures don't have them. */
export class AllocationMeter implements Disposable {
  readonly #originals = MAKERS.map((name) => [name, Buffer[name] as Allocate] as const);
  bytes = 0;

  constructor() {
    for (const [name, make] of this.#originals) {
      const counted: Allocate = (...args) => {
        const made = make.apply(Buffer, args);
        this.bytes += made.length;
        return made;
      };
      Object.assign(Buffer, { [name]: counted });
    }
  }

  [Symbol.dispose](): void {
    for (const [name, make] of this.#originals) Object.assign(Buffer, { [name]: make });
  }
}
