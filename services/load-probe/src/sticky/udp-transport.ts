import { createSocket, type Socket } from 'node:dgram';
import { dialFailure, socketFailure } from '../failure.ts';
import type { Address } from '../resolve.ts';
import { hostPort } from '../target.ts';
import type { Verdict } from '../verdict.ts';
import { endOf, type Transport, type TransportEvents } from './transport.ts';

/** Binds a source port and connects it, so that ICMP answers are seen (udp(7)). */
export function openUdpTransport(
  { address, family }: Address,
  port: number,
): Promise<UdpTransport | { readonly verdict: Verdict }> {
  const { promise, resolve } = Promise.withResolvers<UdpTransport | { readonly verdict: Verdict }>();
  const peer = hostPort(address, port);
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // Addresses only: nothing to look up.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  socket.once('error', (error) => {
    socket.close();
    resolve({ verdict: dialFailure(error, peer, family) });
  });
  socket.once('connect', () => {
    socket.removeAllListeners('error');
    resolve(new UdpTransport(socket, peer));
  });
  socket.connect(port, address);
  return promise;
}

/** A 5-tuple that many samples share. */
export class UdpTransport implements Transport {
  readonly kind = 'datagrams';
  readonly isReady = true;
  readonly peer: string;
  readonly #socket: Socket;
  #fail: (error: Error) => void = () => {};

  constructor(socket: Socket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    // Until the flow listens.
    socket.on('error', () => {});
  }

  attach(events: TransportEvents): void {
    this.#fail = (error) => {
      this.close();
      events.ended(endOf(socketFailure(error, this.peer)));
    };
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('message', (bytes) => events.received(bytes));
  }

  send(bytes: Buffer, sent: () => void): void {
    this.#socket.send(bytes, (error) => {
      if (error) this.#fail(error);
      else sent();
    });
  }

  close(): void {
    this.#fail = () => {};
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => {});
    this.#socket.close();
  }
}
