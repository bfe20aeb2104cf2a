import { closeSync, openSync } from 'node:fs';
import { O_CLOEXEC } from './constants.ts';
import { type Libc, systemError } from './ffi.ts';

/**
 * A second number of an open file, one that `node:fs` has opened: Node closes those when their thread ends, however that
 * comes about (`trackUnmanagedFds` of `new Worker()`). Any other would stay open, and its port taken.
 *
 * @throws Error of the system
 */
export function trackedDescriptor(libc: Libc, fd: number): number {
  const { dup3 } = libc.functions({ dup3: { arguments: ['i32', 'i32', 'i32'], return: 'i32' } });
  // The one path that is there in every container, whatever is mounted.
  const tracked = openSync('/', 'r');
  if (dup3(fd, tracked, O_CLOEXEC) < 0) {
    const error = systemError('dup3', libc.errno());
    closeSync(tracked);
    throw error;
  }
  return tracked;
}

/** The same for a file that only this number had, which is closed. */
export function movedToTracked(libc: Libc, fd: number): number {
  const { close } = libc.functions({ close: { arguments: ['i32'], return: 'i32' } });
  try {
    return trackedDescriptor(libc, fd);
  } finally {
    close(fd);
  }
}
