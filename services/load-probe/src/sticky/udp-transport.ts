import type { Socket } from 'node:dgram';
import { dialFailure, socketFailure } from '../failure.ts';
import { connectUdp } from '../open-udp.ts';
import type { Address } from '../resolve.ts';
import { hostPort } from '../target.ts';
import type { Verdict } from '../verdict.ts';
import { endOf, type Transport, type TransportEvents } from './transport.ts';

/** Binds a source port and connects it. */
export function openUdpTransport(
  address: Address,
  port: number,
): Promise<UdpTransport | { readonly verdict: Verdict }> {
  const { promise, resolve } = Promise.withResolvers<UdpTransport | { readonly verdict: Verdict }>();
  const peer = hostPort(address.address, port);
  connectUdp(address, port, (socket) => {
    socket.once('error', (error) => {
      socket.close();
      resolve({ verdict: dialFailure(error, peer, address.family) });
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(new UdpTransport(socket, peer));
    });
  });
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
