import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AsyncUdp } from '../src/datagrams/async-udp.ts';
import type { AsyncUdpEvents } from '../src/datagrams/async-udp-events.ts';
import { AsyncUdpPool } from '../src/datagrams/async-udp-pool.ts';
import { AsyncUdpSocket } from '../src/datagrams/async-udp-socket.ts';
import { openAsyncUdp } from '../src/datagrams/open-async-udp.ts';
import { sockaddrOf } from '../src/sockaddr.ts';

const ignored: AsyncUdpEvents = { received() {}, reported() {}, failed() {} };
const options = { timestamps: true };

let udp: AsyncUdp;
let pool: AsyncUdpPool;
let server: AsyncUdpSocket;
let taken: AsyncUdpSocket[];

beforeEach(async () => {
  const opened = await openAsyncUdp();
  if ('reason' in opened) throw new Error(opened.reason);
  udp = opened;
  pool = new AsyncUdpPool(udp);
  server = new AsyncUdpSocket(udp, 4);
  server.bind('127.0.0.1', 0);
  taken = [];
});

afterEach(() => {
  for (const socket of [server, ...taken]) socket.close();
});

/** A socket of the pool, connected to the server. */
function take(more: { readonly dontFragment?: boolean } = {}): AsyncUdpSocket {
  const socket = pool.take(4, { ...options, ...more });
  taken.push(socket);
  socket.connect('127.0.0.1', server.localAddress.port);
  return socket;
}

/** Sends from the server to a port. */
function sendTo(port: number, text: string): void {
  const to = new Uint8Array(sockaddrOf(udp.libc, '127.0.0.1', port));
  server.send(Buffer.from(text), () => {}, { to });
}

function next(socket: AsyncUdpSocket): Promise<string> {
  return new Promise((resolve, reject) =>
    socket.listen({
      received: (datagram) => resolve(datagram.toString()),
      reported: ({ error }) => reject(error),
      failed: reject,
    }),
  );
}

it('should give the next flow the same socket, a port of its own, and its send stamps', async () => {
  const ports = new Set<number>();
  for (let flow = 0; flow < 20; flow += 1) {
    const socket = take();
    expect(socket.fd).toBe(taken[0]!.fd);
    ports.add(socket.localAddress.port);
    const received = next(socket);
    const stamped = new Promise<number>((resolve) =>
      socket.send(Buffer.from(`request ${flow}`), () => {}, { stamped: resolve }),
    );
    sendTo(socket.localAddress.port, `reply ${flow}`);
    expect(await received).toBe(`reply ${flow}`);
    expect(await stamped).toBeGreaterThan(Date.now() - 60_000);
    pool.giveBack(socket, 4, options);
    expect(socket.localAddress.port).toBe(0);
  }
  expect(ports.size).toBeGreaterThan(1);
});

it('should leave nothing of a flow to the next one: datagrams, ICMP messages, stamps', async () => {
  const socket = take();
  socket.listen({ ...ignored, received: () => expect.fail('a flow that has ended received') });
  const { port } = socket.localAddress;
  for (const text of ['one', 'two']) sendTo(port, text);
  // Refused, and never read: its stamp and the ICMP message are in the error queue.
  server.close();
  let stamps = 0;
  socket.send(Buffer.from('refused'), () => {}, { stamped: () => (stamps += 1) });
  socket.send(Buffer.from('not stamped'), () => {});
  const before = stamps;
  pool.giveBack(socket, 4, options);

  server = new AsyncUdpSocket(udp, 4);
  server.bind('127.0.0.1', 0);
  expect(take()).toBe(socket);
  const received = next(socket);
  sendTo(socket.localAddress.port, 'of this flow');
  expect(await received).toBe('of this flow');
  expect(stamps).toBe(before);
  const { poll } = udp.libc.functions({ poll: { arguments: ['pointer', 'u64', 'i32'], return: 'i32' } });
  expect(poll(Int32Array.of(socket.fd, 0).buffer, 1n, 0)).toBe(0);
});

it('should keep apart sockets with other options, and close the flow of a handler', async () => {
  const plain = take();
  const received = new Promise<void>((resolve) =>
    plain.listen({
      ...ignored,
      received() {
        pool.giveBack(plain, 4, options);
        resolve();
      },
    }),
  );
  for (const text of ['one', 'two']) sendTo(plain.localAddress.port, text);
  await received;
  expect(take({ dontFragment: true })).not.toBe(plain);
  expect(take()).toBe(plain);
});

it('should not keep a socket that was closed', () => {
  const socket = take();
  socket.close();
  pool.giveBack(socket, 4, options);
  expect(take()).not.toBe(socket);
});

it('should close sockets that were not needed for a while', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const flows = (count: number): Set<number> => {
      const sockets = Array.from({ length: count }, () => take());
      for (const socket of sockets) pool.giveBack(socket, 4, options);
      return new Set(sockets.map(({ fd }) => fd));
    };
    const busy = flows(8);
    vi.advanceTimersByTime(10_000);
    // Two at a time from now on.
    for (let round = 0; round < 3; round += 1) {
      expect(flows(2).isSubsetOf(busy)).toBe(true);
      vi.advanceTimersByTime(10_000);
    }
    const isOpen = (fd: number): boolean => existsSync(`/proc/self/fd/${fd}`);
    expect([...busy].filter(isOpen)).toHaveLength(2);
    vi.advanceTimersByTime(20_000);
    expect([...busy].filter(isOpen)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
