import type { Socket } from 'node:dgram';
import type { AddressMemory } from '../../net/address-memory.ts';
import { socketFailure } from '../../net/failure.ts';
import { endOf, type Transport, type TransportEvents } from './transport.ts';

/** A 5-tuple that many samples share. */
export class UdpTransport implements Transport {
  readonly kind = 'datagrams';
  readonly isReady = true;
  readonly remote: string;
  readonly #address: string;
  readonly #memory: AddressMemory;
  readonly #socket: Socket;
  #fail: (error: Error) => void = () => {};

  /** @param socket connected, so that ICMP answers are seen (udp(7)), without listeners */
  constructor(socket: Socket, remote: string, address: string, memory: AddressMemory) {
    this.#socket = socket;
    this.remote = remote;
    this.#address = address;
    this.#memory = memory;
    // Until the flow listens.
    socket.on('error', () => {});
  }

  attach(events: TransportEvents): void {
    this.#fail = (error) => {
      this.#memory.failed(this.#address, error);
      this.close();
      events.ended(endOf(socketFailure(error, this.remote)));
    };
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('message', (bytes) => {
      this.#memory.answered(this.#address);
      events.received(bytes);
    });
  }

  silenceHint(): string {
    return this.#memory.silenceHint(this.#address);
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
