import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { O_CLOEXEC, O_NONBLOCK } from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { epollsThatWatch } from '../proc.ts';

/**
 * Finds the epoll instance of Node's event loop in this thread. It is readable when Node's loop has something to do, so
 * another epoll instance can watch it. Node has no API for it: it is the instance that watches a pipe which only this
 * loop knows (proc(5), /proc/pid/fdinfo).
 *
 * @returns its descriptor; undefined where the system does not say
 */
export async function libuvPoll(libc: Libc): Promise<number | undefined> {
  const { pipe2 } = libc.functions({ pipe2: { arguments: ['pointer', 'i32'], return: 'i32' } });
  const ends = new Int32Array(new ArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  if (pipe2(ends.buffer, O_NONBLOCK | O_CLOEXEC) < 0) return undefined;
  const [readEnd = -1, writeEnd = -1] = ends;
  const reader = new Socket({ fd: readEnd, readable: true, writable: false });
  const writer = new Socket({ fd: writeEnd, readable: false, writable: true });
  try {
    // libuv watches a new descriptor from its next wait on, which may come only in the turn after this one.
    await nextTurn();
    await nextTurn();
    return epollsThatWatch(readEnd)[0];
  } catch {
    return undefined;
  } finally {
    reader.destroy();
    writer.destroy();
  }
}
