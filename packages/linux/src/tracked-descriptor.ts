import { closeSync, openSync } from 'node:fs';
import { O_CLOEXEC } from './constants.ts';
import { type Libc, systemError } from './ffi.ts';

const signatures = {
  dup3: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
} as const;

/**
 * A second descriptor of an open file, under a number that `node:fs` has opened. Node closes such numbers when their
 * thread ends or is terminated (`trackUnmanagedFds` of `new Worker()`). Any other would stay open and occupy its port.
 *
 * @throws Error of the system
 */
export function trackedDescriptor(libc: Libc, fd: number): number {
  const { dup3 } = libc.functions(signatures);
  // This path exists in every container.
  const tracked = openSync('/', 'r');
  if (dup3(fd, tracked, O_CLOEXEC) < 0) {
    const error = systemError('dup3', libc.errno());
    closeSync(tracked);
    throw error;
  }
  return tracked;
}

/** The same, but closes the old descriptor. */
export function movedToTracked(libc: Libc, fd: number): number {
  const { close } = libc.functions(signatures);
  try {
    return trackedDescriptor(libc, fd);
  } finally {
    close(fd);
  }
}
