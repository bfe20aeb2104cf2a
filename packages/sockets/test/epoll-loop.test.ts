import { createConnection, createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { EPOLLIN, Epoll, eventLayouts } from '../src/native/epoll-calls.ts';
import { type Libc, openLibc } from '../src/native/libc.ts';
import { TcpCalls } from '../src/native/tcp-calls.ts';
import { EpollLoop, type Watched } from '../src/tcp/epoll-loop.ts';
import { mismatch } from '../src/tcp/self-check.ts';
import { LocalListener } from './fixtures/local-listener.ts';

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
  it("should leave Node's event loop its turns while a listener has nothing to do", async () => {
    await using _idle = await LocalListener.open();
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    using client = await TcpClient.connect(port);
    // Each would take 50 ms, two for question and answer, if the loop did not hear of what Node waits for. On a busy
    // machine any one may take longer.
    await eventually(async () => {
      const askedAt = performance.now();
      expect(await client.ask('ping')).toBe('ping');
      expect(performance.now() - askedAt).toBeLessThan(50);
    });
    server.close();
  });

  it('should not tell the next owner of a descriptor what its last one was waiting for', async () => {
    const loop = await loopOfThisThread();
    const { readEnd, writeEnd, write } = pipe();
    const told: string[] = [];
    const watched = (name: string): Watched => ({
      fd: readEnd,
      ticket: loop.nextTicket(),
      ready: () => void told.push(name),
    });
    const first = watched('first');
    loop.enter(first);
    loop.watch(first, EPOLLIN);
    write('for the first');
    // Before the loop has seen it, as if it had been closed and the number given to another file.
    loop.forget(first);
    const second = watched('second');
    loop.enter(second);
    await new Promise<void>((resolve) => loop.soon(resolve));
    expect(told).toEqual([]);
    loop.rewatch(second, EPOLLIN);
    await new Promise<void>((resolve) => loop.soon(resolve));
    expect(new Set(told)).toEqual(new Set(['second']));
    loop.forget(second);
    for (const fd of [readEnd, writeEnd]) loop.calls.close(fd, new Uint8Array());
  });

  it('should call back behind what is ready, and later than at once', async () => {
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
    let looks = 0;
    const looked = new Promise<void>((resolve) => {
      loop.lookLater({
        look() {
          looks += 1;
          resolve();
        },
      });
      loop.soon(() => expect(looks).toBe(0));
    });
    await using _keepsGoing = await LocalListener.open();
    await looked;
    expect(looks).toBe(1);
  });

  it('should not keep a thread alive that has closed its listeners', async () => {
    const worker = new Worker(new URL('./fixtures/short-listener.ts', import.meta.url));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const client = createConnection(port, '127.0.0.1');
    const answer = await new Promise((resolve) => client.once('data', resolve).write('ping'));
    expect(String(answer)).toBe('ping');
    client.end();
    worker.postMessage('drain');
    expect(await ended).toBe(0);
  });
});

describe('the check at start', () => {
  it('should find the structures of this machine, and no others', () => {
    const libc = theLibc();
    const calls = new TcpCalls(libc);
    expect(mismatch(libc, new Epoll(libc), calls)).toBeUndefined();
    const other = process.arch === 'x64' ? eventLayouts.arm64 : eventLayouts.x64;
    expect(mismatch(libc, new Epoll(libc, other), calls)).toMatch(/^an event of the kernel is .* expected /);
  });
});
