import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Libc } from '../native/libc.ts';

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const FOLDER = '/proc/self/fd';

/**
 * The epoll instance that the event loop of this thread waits on. It is readable whenever the loop has something to do,
 * so that whoever waits on another one can wait for both. Node has no name for it: it is the one that watches a pipe
 * which only this loop knows (proc(5), /proc/pid/fdinfo).
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
    return readdirSync(FOLDER)
      .map(Number)
      .find((fd) => watches(fd, readEnd));
  } catch {
    return undefined;
  } finally {
    reader.destroy();
    writer.destroy();
  }
}

function watches(poll: number, fd: number): boolean {
  try {
    if (readlinkSync(`${FOLDER}/${poll}`) !== 'anon_inode:[eventpoll]') return false;
    const targets = readFileSync(`/proc/self/fdinfo/${poll}`, 'latin1').matchAll(/^tfd:\s*(\d+)/gm);
    return targets.some(([, target]) => Number(target) === fd);
  } catch {
    // It was closed meanwhile.
    return false;
  }
}
