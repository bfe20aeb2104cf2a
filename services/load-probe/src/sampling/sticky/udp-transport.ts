import type { AddressMemory } from '../../net/address-memory.ts';
import { type SocketError, socketFailure } from '../../net/failure.ts';
import { icmpMeaning } from '../../net/icmp.ts';
import type { SentDatagram, UdpSocket } from '../../net/udp-socket.ts';
import { endOf, type Transport, type TransportEvents } from './transport.ts';

/** A 5-tuple that many samples share. */
export class UdpTransport implements Transport {
  readonly kind = 'datagrams';
  readonly isReady = true;
  readonly remote: string;
  readonly #address: string;
  readonly #memory: AddressMemory;
  readonly #socket: UdpSocket;
  #fail: (error: SocketError) => void = () => {};

  constructor(socket: UdpSocket, remote: string, address: string, memory: AddressMemory) {
    this.#socket = socket;
    this.remote = remote;
    this.#address = address;
    this.#memory = memory;
  }

  attach(events: TransportEvents): void {
    this.#fail = (error) => {
      this.#memory.failed(this.#address, error);
      const failure = socketFailure(error, this.remote);
      const { icmp } = error;
      if (icmp && icmpMeaning(icmp).isTransient) {
        // What may pass ends no flow: a new one would have another way, and hide that this one is broken.
        events.reported(failure, icmp.quoted);
        return;
      }
      this.close();
      events.ended(endOf(failure));
    };
    this.#socket.listen({
      received: (bytes, facts) => {
        this.#memory.answered(this.#address);
        events.received(bytes, facts);
      },
      failed: (error) => this.#fail(error),
    });
  }

  silenceHint(): string {
    return this.#memory.silenceHint(this.#address);
  }

  send(bytes: Buffer, sent: () => void): SentDatagram {
    return this.#socket.send(bytes, (error) => {
      if (error) this.#fail(error);
      else sent();
    });
  }

  close(): void {
    this.#fail = () => {};
    this.#socket.close();
  }
}
