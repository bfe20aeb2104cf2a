import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { O_CLOEXEC, O_NONBLOCK } from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { epollsThatWatch } from '../proc.ts';

/**
 * The epoll instance that the event loop of this thread waits on. It is readable whenever the loop has something to do,
 * so that a wait on another epoll instance can wait for both. Node has no name for it: it is the instance that watches a
 * pipe which only this loop knows (proc(5), /proc/pid/fdinfo).
 *
 * @returns its descriptor; undefined where the system does not tell
 */
export async function libuvPoll(libc: Libc): Promise<number | undefined> {
  const { pipe2 } = libc.functions({ pipe2: { arguments: ['pointer', 'i32'], return: 'i32' } });
  const ends = new Int32Array(new ArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  if (pipe2(ends.buffer, O_NONBLOCK | O_CLOEXEC) < 0) return undefined;
  const [readEnd = -1, writeEnd = -1] = ends;
  const reader = new Socket({ fd: readEnd, readable: true, writable: false });
  const writer = new Socket({ fd: writeEnd, readable: false, writable: true });
  try {
    // What is new is watched from the next wait on; a turn that is under way may be behind its own.
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
