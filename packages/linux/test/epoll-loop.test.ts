import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { EPOLLIN } from '../src/constants.ts';
import { Epoll, eventLayouts } from '../src/epoll/epoll.ts';
import { EpollLoop } from '../src/epoll/epoll-loop.ts';
import type { Watched } from '../src/epoll/shared-queues.ts';
import { TcpCalls } from '../src/epoll/tcp-calls.ts';
import { type Libc, openLibc } from '../src/ffi.ts';
import { epollMismatch } from '../src/self-check.ts';

async function loopOfThisThread(): Promise<EpollLoop> {
  const loop = await EpollLoop.open();
  if ('reason' in loop) throw new Error(loop.reason);
  return loop;
}

function theLibc(): Libc {
  const libc = openLibc();
  if ('reason' in libc) throw new Error(libc.reason);
  return libc;
}

/** Both ends of a pipe. */
function pipe(): { readEnd: number; writeEnd: number; write(text: string): void } {
  const libc = theLibc();
  const { pipe2, write } = libc.functions({
    pipe2: { arguments: ['pointer', 'i32'], return: 'i32' },
    write: { arguments: ['i32', 'buffer', 'u64'], return: 'i64' },
  });
  const ends = new Int32Array(new ArrayBuffer(8));
  pipe2(ends.buffer, 0);
  const [readEnd = -1, writeEnd = -1] = ends;
  return {
    readEnd,
    writeEnd,
    write: (text) =>
      void write(writeEnd, Buffer.from(new TextEncoder().encode(text).buffer), BigInt(text.length)),
  };
}

describe('EpollLoop', () => {
  it('should not report an event of a closed file to the next file with its descriptor', async () => {
    const loop = await loopOfThisThread();
    const { readEnd, writeEnd, write } = pipe();
    const reported: string[] = [];
    const watched = (name: string): Watched => ({
      fd: readEnd,
      generation: loop.nextGeneration(),
      ready: () => void reported.push(name),
    });
    const first = watched('first');
    loop.register(first);
    loop.watch(first, EPOLLIN);
    write('for the first');
    // Before the loop sees the event, as if the file had been closed and its number reused.
    loop.unregister(first);
    const second = watched('second');
    loop.register(second);
    await new Promise<void>((resolve) => loop.soon(resolve));
    expect(reported).toEqual([]);
    loop.rewatch(second, EPOLLIN);
    await new Promise<void>((resolve) => loop.soon(resolve));
    expect(new Set(reported)).toEqual(new Set(['second']));
    loop.unregister(second);
    for (const fd of [readEnd, writeEnd]) loop.calls.close(fd, new Uint8Array());
  });

  it('should go on for the others when a file is unregistered twice', async () => {
    const loop = await loopOfThisThread();
    const [gone, open] = [pipe(), pipe()];
    const { promise: isReady, resolve } = Promise.withResolvers<void>();
    const watched = ({ readEnd }: typeof gone): Watched => ({
      fd: readEnd,
      generation: loop.nextGeneration(),
      ready: () => resolve(),
    });
    const [first, second] = [watched(gone), watched(open)];
    for (const file of [first, second]) loop.register(file);
    loop.watch(second, EPOLLIN);
    for (const file of [first, first]) loop.unregister(file);
    await new Promise<void>((run) => loop.soon(run));
    // After the last turn of a loop that counts the file twice.
    setImmediate(() => setImmediate(() => open.write('for the second')));
    await isReady;
    loop.unregister(second);
    for (const { readEnd, writeEnd } of [gone, open]) {
      for (const fd of [readEnd, writeEnd]) loop.calls.close(fd, new Uint8Array());
    }
  });

  it('should call back after ready events, and never synchronously', async () => {
    const loop = await loopOfThisThread();
    let called = false;
    const soon = new Promise<void>((resolve) =>
      loop.soon(() => {
        called = true;
        resolve();
      }),
    );
    expect(called).toBe(false);
    await soon;
    const { readEnd, writeEnd } = pipe();
    const idle = { fd: readEnd, generation: loop.nextGeneration(), ready() {} };
    loop.register(idle);
    let checks = 0;
    await new Promise<void>((resolve) => {
      loop.checkLater({
        check() {
          checks += 1;
          resolve();
        },
      });
      loop.soon(() => expect(checks).toBe(0));
    });
    expect(checks).toBe(1);
    loop.unregister(idle);
    for (const fd of [readEnd, writeEnd]) loop.calls.close(fd, new Uint8Array());
  });
});

describe('the check at start', () => {
  it('should find the structures of this machine, and no others', () => {
    const libc = theLibc();
    const calls = new TcpCalls(libc);
    expect(epollMismatch(libc, new Epoll(libc), calls)).toBeUndefined();
    const other = process.arch === 'x64' ? eventLayouts.arm64 : eventLayouts.x64;
    expect(epollMismatch(libc, new Epoll(libc, other), calls)).toMatch(
      /^an event of the kernel is .* expected /,
    );
  });
});

describe('a closed epoll instance', () => {
  it('should end its worker with the name of the call', async () => {
    const worker = new Worker(new URL('./fixtures/closed-epoll.ts', import.meta.url));
    const [error] = await once(worker, 'error');
    expect(error).toMatchObject({ message: 'epoll_wait EBADF: bad file descriptor', code: 'EBADF' });
  });
});
