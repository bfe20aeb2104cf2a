import { closeSync } from 'node:fs';

/** More than a process may open by default anywhere (fs.nr_open is 1,048,576). */
const CAPACITY = 1 << 20;

/**
 * Which file descriptors a worker has opened by itself, behind Node's back: nobody closes those when its thread ends.
 * One byte each; memory that is never touched takes no room.
 */
export class OpenDescriptors {
  /** The first number that can't be remembered. */
  static readonly capacity = CAPACITY;
  /** By descriptor: 1 for each that is. */
  readonly open: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.open = new Uint8Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(CAPACITY);
  }

  /** Closes what the worker left open. Call only when its thread has ended. */
  closeAll(): void {
    for (let fd = this.open.indexOf(1); fd >= 0; fd = this.open.indexOf(1, fd)) {
      this.open[fd] = 0;
      try {
        closeSync(fd);
      } catch {
        // It ended between the two halves of closing it.
      }
    }
  }
}
