import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ClauseId } from './clauses.ts';

/** @param all the connections of this server, the oldest first */
export type TcpHandler = (socket: Socket, all: readonly Socket[]) => void;
export type UdpHandler = (socket: UdpSocket, request: Buffer, source: RemoteInfo) => void;

/** A server that is wrong in one way. */
export interface BrokenServer {
  readonly clause: ClauseId;
  readonly how: string;
  /** The expected reason. */
  readonly reason: RegExp;
  open(): Promise<OpenServer>;
}

/** On 127.0.0.1. */
export interface OpenServer extends AsyncDisposable {
  readonly port: number;
}

export function tcp(clause: ClauseId, how: string, reason: RegExp, handler: TcpHandler): BrokenServer {
  return { clause, how, reason, open: () => openTcp(handler) };
}

export function udp(clause: ClauseId, how: string, reason: RegExp, handler: UdpHandler): BrokenServer {
  return { clause, how, reason, open: () => openUdp(handler) };
}

/** A port that was free a moment ago. */
export function notListening(protocol: 'tcp' | 'udp', clause: ClauseId): BrokenServer {
  return { clause, how: 'is not there', reason: /ECONNREFUSED/, open: () => openNothing(protocol) };
}

export function reply(socket: UdpSocket, datagram: Uint8Array | string, { port, address }: RemoteInfo): void {
  socket.send(datagram, port, address);
}

async function openTcp(handler: TcpHandler): Promise<OpenServer> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    handler(socket, sockets);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function openUdp(handler: UdpHandler): Promise<OpenServer> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
  socket.on('message', (request: Buffer, source) => handler(socket, request, source));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

async function openNothing(protocol: 'tcp' | 'udp'): Promise<OpenServer> {
  const { port, ...server } = await (protocol === 'tcp' ? openTcp(() => {}) : openUdp(() => {}));
  await server[Symbol.asyncDispose]();
  return { port, async [Symbol.asyncDispose]() {} };
}
