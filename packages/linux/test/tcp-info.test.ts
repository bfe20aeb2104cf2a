import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropOne } from '../../../tests/harness/dropped-segments.ts';
import { type Libc, loadLibc } from '../src/ffi.ts';
import { openTcpInfo, tcpInfoMismatch } from '../src/tcp/open-tcp-info.ts';
import { linux64TcpInfo, TcpInfo } from '../src/tcp/tcp-info.ts';

describe('TcpInfo', () => {
  let libc: Libc;
  let info: TcpInfo;
  let server: Server;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    const opened = openTcpInfo();
    const loaded = loadLibc();
    if ('reason' in opened) throw new Error(opened.reason);
    if ('reason' in loaded) throw new Error(loaded.reason);
    info = opened;
    libc = loaded;
    server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });

  async function connected(): Promise<Socket> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function exchange(socket: Socket): Promise<void> {
    socket.write('a request');
    await once(socket, 'data');
  }

  it('should tell MSS and round trip of a connection, and that nothing was sent again', async () => {
    const socket = await connected();
    await exchange(socket);
    expect(info.read(socket)).toBe(true);
    expect(info.retransmits).toBe(0);
    expect(info.sentMss).toBeGreaterThan(500);
    expect(info.rttMs).toBeGreaterThan(0);
    expect(['off', 'negotiated', 'seen']).toContain(info.ecn);
  });

  it('should count a segment of data that was sent again', async () => {
    dropOne('data', server);
    const socket = await connected();
    expect(info.read(socket) && info.retransmits).toBe(0);
    await exchange(socket);
    expect(info.read(socket) && info.retransmits).toBeGreaterThan(0);
  });

  it('should count a SYN that was sent again', async () => {
    dropOne('syn', server);
    const socket = await connected();
    expect(info.read(socket) && info.retransmits).toBeGreaterThan(0);
  });

  it('should read no closed socket: libuv forgets the number before another connection can have it', async () => {
    const closed = await connected();
    const handle = (closed as unknown as { readonly _handle: { readonly fd: number } })._handle;
    expect(info.read(closed)).toBe(true);
    closed.destroy();
    expect(handle.fd).toBeLessThan(0);
    await Promise.all(Array.from({ length: 10 }, connected));
    expect(info.read(closed)).toBe(false);
  });

  it('should read no socket that has not begun to connect', () => {
    expect(info.read(new Socket())).toBe(false);
  });

  it.each([
    ...(['stateAt', 'sentMssAt', 'rttAt', 'rttVarianceAt', 'advertisedMssAt'] as const),
    ...(['retransmitsAt', 'maxPacingRateAt'] as const),
  ])('should not be used where the structure of the kernel differs: %s', (place) => {
    const misfit = new TcpInfo(libc, { ...linux64TcpInfo, [place]: linux64TcpInfo[place] + 4 });
    expect(tcpInfoMismatch(libc, misfit)).toMatch(/^TCP_INFO of the kernel is /);
    expect(tcpInfoMismatch(libc, new TcpInfo(libc))).toBeUndefined();
  });

  it('should not be used where the structure of the kernel is shorter', () => {
    const misfit = new TcpInfo(libc, { ...linux64TcpInfo, bytes: 4_000 });
    expect(tcpInfoMismatch(libc, misfit)).toBe('the kernel has no TCP_INFO, or a shorter one');
  });
});
