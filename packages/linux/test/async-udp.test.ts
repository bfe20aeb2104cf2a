import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { POLLIN } from '../src/constants.ts';
import { AsyncUdp } from '../src/datagrams/async-udp.ts';
import type { AsyncUdpEvents } from '../src/datagrams/async-udp-events.ts';
import { AsyncUdpSocket } from '../src/datagrams/async-udp-socket.ts';
import type { IcmpReport } from '../src/datagrams/error-report.ts';
import { linux64Errors } from '../src/datagrams/layout.ts';
import { asyncUdpMismatch, openAsyncUdp } from '../src/datagrams/open-async-udp.ts';
import type { AsyncUdpOptions } from '../src/datagrams/socket-options.ts';
import { sockaddrOf } from '../src/sockaddr.ts';

const ignored: AsyncUdpEvents = { received() {}, reported() {}, failed() {} };

describe('AsyncUdpSocket', () => {
  let udp: AsyncUdp;
  let sockets: DisposableStack;
  beforeEach(async () => {
    const opened = await openAsyncUdp();
    if ('reason' in opened) throw new Error(opened.reason);
    udp = opened;
    sockets = new DisposableStack();
  });
  afterEach(() => sockets.dispose());

  function open(options: AsyncUdpOptions = {}): AsyncUdpSocket {
    return sockets.adopt(new AsyncUdpSocket(udp, 4, options), (socket) => socket.close());
  }

  /** A bound socket, and a socket that is connected to it. */
  function pair(options: AsyncUdpOptions = {}): { server: AsyncUdpSocket; client: AsyncUdpSocket } {
    const [server, client] = [open({ receiveHeader: true, timestamps: true }), open(options)];
    server.bind('127.0.0.1', 0);
    client.connect('127.0.0.1', server.localAddress.port);
    return { server, client };
  }

  function next(socket: AsyncUdpSocket): Promise<string> {
    return new Promise((resolve, reject) =>
      socket.listen({
        ...ignored,
        received: (datagram) => resolve(datagram.toString()),
        reported: ({ error }) => reject(error),
      }),
    );
  }

  it('should give header and timestamp of a received datagram, and the time of a sent one', async () => {
    const { client, server } = pair({ ttl: 9, trafficClass: 0xb8, timestamps: true });
    const before = Date.now() - 1;
    client.listen(ignored);
    const received = next(server);
    const stamped = new Promise<number>((resolve) =>
      client.send(Buffer.from('ping'), () => {}, { stamped: resolve }),
    );
    expect(await received).toBe('ping');
    const { receivedAt, trafficClass, ttl } = server;
    expect({ ttl, trafficClass }).toEqual({ ttl: 9, trafficClass: 0xb8 });
    const sentAt = await stamped;
    expect(sentAt).toBeGreaterThanOrEqual(before);
    expect(receivedAt).toBeGreaterThanOrEqual(sentAt);
    expect(receivedAt).toBeLessThan(Date.now() + 1);
  });

  it('should report when a datagram was sent before its reply, whatever else is pending', async () => {
    const { client, server } = pair({ timestamps: true });
    server.connect('127.0.0.1', client.localAddress.port);
    let count = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen({
      ...ignored,
      received(datagram) {
        count += 1;
        if (count === 3) server.send(datagram, () => resolve());
      },
    });
    const told: string[] = [];
    for (const text of ['one', 'two', 'three']) {
      client.send(Buffer.from(text), () => {}, { stamped: () => void told.push(`${text} sent`) });
    }
    await promise;
    await new Promise<void>((resolve) =>
      client.listen({
        ...ignored,
        received(datagram) {
          told.push(`${datagram} received`);
          resolve();
        },
      }),
    );
    expect(told).toEqual(['one sent', 'two sent', 'three sent', 'three received']);
  });

  it('should send from an unconnected socket, also an empty datagram', async () => {
    const [server, client] = [open(), open()];
    server.bind('127.0.0.1', 0);
    const to = new Uint8Array(sockaddrOf(udp.libc, '127.0.0.1', server.localAddress.port));
    for (const text of ['', 'text']) {
      const received = next(server);
      client.send(Buffer.from(text), () => {}, { to });
      expect(await received).toBe(text);
    }
  });

  it('should send and stamp a datagram while an ICMP message to the previous one is pending', async () => {
    const { client, server } = pair({ timestamps: true });
    const { port } = server.localAddress;
    server.close();
    client.send(Buffer.from('lost'), () => {});
    // On loopback the message is pending before the first read. Then the same port is bound again.
    const again = open();
    again.bind('127.0.0.1', port);
    const received = next(again);
    const reports: IcmpReport[] = [];
    client.listen({ ...ignored, reported: (report) => void reports.push(report) });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const stamped = Promise.withResolvers<number>();
    client.send(Buffer.from('sent'), resolve, { stamped: stamped.resolve });
    expect(await promise).toBeUndefined();
    expect(await stamped.promise).toBeGreaterThan(Date.now() - 60_000);
    expect(await received).toBe('sent');
    while (reports.length === 0) await setImmediate();
    expect(reports).toMatchObject([{ type: 3, code: 3, reporter: '127.0.0.1', quoted: Buffer.from('lost') }]);
  });

  it('should refuse a datagram that does not fit and must not be fragmented, and know the path MTU', async () => {
    const { client } = pair({ dontFragment: true });
    expect(client.pathMtu).toBe(65_535);
    const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | undefined>();
    client.send(Buffer.alloc(65_535), resolve);
    expect(await promise).toMatchObject({ code: 'EMSGSIZE', syscall: 'send' });
  });

  it('should name the call that failed', () => {
    const socket = open();
    expect(() => socket.bind('192.0.2.1', 0)).toThrow(
      expect.objectContaining({ syscall: 'bind', code: 'EADDRNOTAVAIL' }),
    );
    expect(() => socket.connect('255.255.255.255', 9)).toThrow(
      expect.objectContaining({ syscall: 'connect', code: 'EACCES' }),
    );
  });

  it('should be served before a later immediate', async () => {
    const { client, server } = pair();
    const order: string[] = [];
    server.listen({ ...ignored, received: () => void order.push('datagram') });
    client.send(Buffer.from('x'), () => {});
    // struct pollfd: waits until the datagram has arrived.
    const { poll } = udp.libc.functions({ poll: { arguments: ['pointer', 'u64', 'i32'], return: 'i32' } });
    expect(poll(Int32Array.of(server.fd, POLLIN).buffer, 1n, 10_000)).toBe(1);
    await setImmediate();
    order.push('immediate');
    expect(order).toEqual(['datagram', 'immediate']);
  });

  it('should go on after a handler has closed its socket', async () => {
    const { client, server } = pair();
    const closed = new Promise<void>((resolve) =>
      server.listen({
        ...ignored,
        received() {
          server.close();
          server.close();
          resolve();
        },
      }),
    );
    for (const text of ['one', 'two']) client.send(Buffer.from(text), () => {});
    await closed;
    const other = pair();
    const received = next(other.server);
    other.client.send(Buffer.from('three'), () => {});
    expect(await received).toBe('three');
  });

  it('should not be used where the kernel structures of errors differ', async () => {
    for (const wrong of [{ bytes: 12 }, { infoAt: 4 }, { originAt: 6 }]) {
      const misfit = new AsyncUdp(udp.libc, udp.epoll, { ...linux64Errors, ...wrong });
      const mismatch = await asyncUdpMismatch(misfit, 500);
      expect(mismatch).toMatch(
        /^(the kernel's report of a (stamped|reported) datagram is |the kernel does not tell when|no ICMP message arrives)/,
      );
    }
  });
});
