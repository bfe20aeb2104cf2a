import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { ownInodes, type SocketRow, socketsOf } from '@echo-daytime/linux/proc';

export interface Peer {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TcpPeer extends Peer {
  readonly server: Server;
}

/** A TCP listener on loopback. @param onConnection what the test does with each */
export async function tcpPeer(
  onConnection: (socket: Socket) => void,
  host = '127.0.0.1',
  port = 0,
): Promise<TcpPeer> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // The probe closes many connections during an exchange.
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

/** A UDP socket on loopback. @param onDatagram what the test does with each */
export async function udpPeer(
  onDatagram: (bytes: Buffer, reply: (bytes: Buffer) => void, fromPort: number) => void,
  host = '127.0.0.1',
  port = 0,
): Promise<Peer> {
  const socket: UdpSocket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (bytes: Buffer, { address, port }: RemoteInfo) => {
    onDatagram(bytes, (answer) => socket.send(answer, port, address), port);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

export function echoing(socket: Socket): void {
  socket.pipe(socket);
}

/** A port that nothing listens on: the kernel has just assigned it, and it was closed again. */
export async function freeTcpPort(): Promise<number> {
  await using peer = await tcpPeer(() => {});
  return peer.port;
}

export async function freeUdpPort(): Promise<number> {
  await using peer = await udpPeer(() => {});
  return peer.port;
}

/** A copy with one bit flipped. */
export function flipBit(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index]! ^= 1;
  return copy;
}

/** A TCP listener that never accepts. While its accept queue has room, the kernel completes the handshake. */
export async function nonAcceptingPeer(backlog = 16): Promise<Peer> {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: ${backlog} }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(source, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    port,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** The same with a full accept queue, so that the kernel drops every SYN, as a firewall that drops packets does. */
export async function fullPeer(): Promise<Peer> {
  const peer = await nonAcceptingPeer(1);
  const { port } = peer;
  // A backlog of 1 holds two connections. The SYNs of the other clients are dropped, so the queue stays full.
  const fillers = Array.from({ length: 6 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(fillers.slice(0, 2).map((socket) => once(socket, 'connect')));
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      await peer[Symbol.asyncDispose]();
    },
  };
}

/** Of a row of /proc/net/tcp, `include/net/tcp_states.h` of Linux. */
const SYN_SENT = '02';

/** Connects of this process that wait for an answer. */
export function connects(): number {
  const own = ownInodes();
  const isOurs = ({ state, inode }: SocketRow): boolean => state === SYN_SENT && own.has(inode);
  return socketsOf('tcp')!.filter(isOurs).length;
}
