import { canonicalAddress, type IpAddress, reachableText } from '@echo-daytime/addresses';
import { type AsyncUdp, AsyncUdpPool, AsyncUdpSocket, type IcmpReport } from '@echo-daytime/linux';
import { hostPort } from '../targets/target.ts';
import type { Failed } from './each-address.ts';
import { dialFailure, markAsOwn, type SocketError } from './failure.ts';
import type { IcmpMessage } from './icmp.ts';
import type { OpenedUdp, SentDatagram, UdpEngine, UdpEvents, UdpOptions, UdpSocket } from './udp-socket.ts';

/** UDP by the calls of packages/linux: the error queue tells of each ICMP message, and who sent it. */
export class BatchUdp implements UdpEngine {
  readonly name = 'batch';
  readonly #udp: AsyncUdp;
  readonly #pool: AsyncUdpPool;
  /**
   * Carries no traffic, and is closed with its thread. The kernel begins to stamp received datagrams a while after the first
   * socket asks for stamps, and stops with the last one: without this socket fresh flows would lose their first stamps.
   */
  #stamping: AsyncUdpSocket | undefined;

  constructor(udp: AsyncUdp) {
    this.#udp = udp;
    this.#pool = new AsyncUdpPool(udp);
  }

  async open(address: IpAddress, port: number, options: UdpOptions = {}): Promise<OpenedUdp | Failed> {
    const { family } = address;
    const { localPort } = options;
    const remote = hostPort(address.address, port);
    let socket: AsyncUdpSocket | undefined;
    try {
      if (options.timestamps) this.#stamping ??= new AsyncUdpSocket(this.#udp, family, options);
      const reachable = reachableText(address);
      const taken = this.#take(family, options);
      socket = taken;
      if (localPort !== undefined) socket.bind(family === 6 ? '::' : '0.0.0.0', localPort);
      socket.connect(reachable, port);
      const end = (): void => {
        // A bound socket would keep its port in the pool.
        if (localPort === undefined) this.#pool.giveBack(taken, family, options);
        else taken.close();
      };
      return { socket: new BatchSocket(taken, address, end), remote };
    } catch (error) {
      socket?.close();
      markAsOwn(error as SocketError);
      return { failure: dialFailure(error as Error, remote, family, localPort) };
    }
  }

  #take(family: 4 | 6, options: UdpOptions): AsyncUdpSocket {
    if (options.localPort === undefined) return this.#pool.take(family, options);
    return new AsyncUdpSocket(this.#udp, family, options);
  }
}

class BatchSocket implements UdpSocket {
  readonly #socket: AsyncUdpSocket;
  readonly #remote: IpAddress;
  readonly #end: () => void;
  /** After it another flow may have the socket. */
  #isClosed = false;

  constructor(socket: AsyncUdpSocket, remote: IpAddress, end: () => void) {
    this.#socket = socket;
    this.#remote = remote;
    this.#end = end;
  }

  get local(): { readonly address: string; readonly port: number } {
    return this.#socket.localAddress;
  }

  listen(events: UdpEvents): void {
    if (this.#isClosed) return;
    this.#socket.listen({
      received: (datagram) => events.received(datagram, this.#socket),
      reported: (report) => events.failed(this.#errorOf(report)),
      failed: (error) => events.failed(error),
    });
  }

  send(bytes: Buffer, done: (error?: SocketError) => void): SentDatagram {
    const datagram: { sentAt?: number } = {};
    if (this.#isClosed) return datagram;
    const stamped = (sentAt: number): void => {
      datagram.sentAt = sentAt;
    };
    const taken = (error?: SocketError): void => {
      // What an ICMP message says comes by the error queue: nothing has left this host.
      if (error) markAsOwn(error);
      done(error);
    };
    this.#socket.send(bytes, taken, { stamped });
    return datagram;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
  }

  #errorOf(report: IcmpReport): SocketError {
    const reporter = report.reporter && canonicalAddress(report.reporter);
    const isTarget = reporter === this.#remote.address.split('%')[0];
    const isOwn = !isTarget && reporter === this.#socket.localAddress.address;
    const from = isTarget ? 'target' : isOwn ? 'this_host' : 'other';
    const icmp: IcmpMessage = { ...report, reporter, from };
    return Object.assign(report.error, { icmp });
  }
}
