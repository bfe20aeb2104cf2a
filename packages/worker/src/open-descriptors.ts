import { closeSync } from 'node:fs';

/** More than a process may open by default anywhere (fs.nr_open is 1,048,576). */
const CAPACITY = 1 << 20;

/**
 * The file descriptors that a worker has opened without Node, which therefore does not close them when the thread ends.
 * One byte for each number; the kernel allocates only the pages that are used.
 */
export class OpenDescriptors {
  /** The first number that can't be recorded. */
  static readonly capacity = CAPACITY;
  /** By descriptor: 1 where it is open. */
  readonly open: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.open = new Uint8Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(CAPACITY);
  }

  /** Closes the descriptors that the worker left open. Call only when its thread has ended. */
  closeAll(): void {
    for (let fd = this.open.indexOf(1); fd >= 0; fd = this.open.indexOf(1, fd)) {
      this.open[fd] = 0;
      try {
        closeSync(fd);
      } catch {
        // The descriptor is already closed: the thread ended within `close`.
      }
    }
  }
}
