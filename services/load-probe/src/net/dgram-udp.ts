import type { Socket } from 'node:dgram';
import type { IpAddress } from '@echo-daytime/addresses';
import { hostPort } from '../targets/target.ts';
import type { Failed } from './each-address.ts';
import { dialFailure } from './failure.ts';
import { connectUdp } from './open-udp.ts';
import type { OpenedUdp, SentDatagram, UdpEngine, UdpEvents, UdpOptions, UdpSocket } from './udp-socket.ts';

/** UDP by node:dgram: it knows which errors the system makes of ICMP messages, and no more. */
export class DgramUdp implements UdpEngine {
  readonly name = 'dgram';
  readonly limited: string;

  constructor(limited: string) {
    this.limited = limited;
  }

  open(address: IpAddress, port: number, { localPort }: UdpOptions = {}): Promise<OpenedUdp | Failed> {
    const { promise, resolve } = Promise.withResolvers<OpenedUdp | Failed>();
    const remote = hostPort(address.address, port);
    const socket = connectUdp(address, port, localPort);
    socket.once('error', (error) => {
      socket.removeAllListeners();
      socket.close();
      resolve({ failure: dialFailure(error, remote, address.family, localPort) });
    });
    socket.once('connect', () => {
      socket.removeAllListeners();
      resolve({ socket: new DgramSocket(socket), remote });
    });
    return promise;
  }
}

/** A load goes by node:dgram whatever else there is, and so does what tries it before. */
export const loadUdp = new DgramUdp('a load goes by node:dgram');

const UNSTAMPED: SentDatagram = {};

class DgramSocket implements UdpSocket {
  readonly #socket: Socket;

  /** @param socket connected, without listeners */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.#ignoreErrors();
  }

  get local(): { readonly address: string; readonly port: number } {
    return this.#socket.address();
  }

  listen(events: UdpEvents): void {
    this.#socket.removeAllListeners();
    this.#socket.on('message', (datagram) => events.received(datagram));
    this.#socket.on('error', (error) => events.failed(error));
  }

  send(bytes: Buffer, done: (error?: NodeJS.ErrnoException | null) => void): SentDatagram {
    this.#socket.send(bytes, done);
    return UNSTAMPED;
  }

  close(): void {
    this.#socket.removeAllListeners();
    this.#ignoreErrors();
    this.#socket.close();
  }

  #ignoreErrors(): void {
    this.#socket.on('error', () => {});
  }
}
