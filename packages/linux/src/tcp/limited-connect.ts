import { closeSync } from 'node:fs';
import {
  EINPROGRESS,
  EPOLLIN,
  EPOLLOUT,
  SO_LINGER,
  SO_REUSEADDR,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../constants.ts';
import type { AsyncUdp } from '../datagrams/async-udp.ts';
import { ErrorQueue } from '../datagrams/error-queue.ts';
import type { IcmpReport } from '../datagrams/error-report.ts';
import { PENDING_ERROR, RECEIVE_STAMPS, socketOptions, TIMESTAMPS } from '../datagrams/socket-options.ts';
import type { Watched } from '../epoll/shared-queues.ts';
import { systemError } from '../ffi.ts';
import type { TcpInfo } from './tcp-info.ts';

const ANY = { 4: '0.0.0.0', 6: '::' } as const;
/** struct linger: on, for 0 seconds, so that closing sends RST. */
const NO_LINGER = Int32Array.of(1, 0);

export interface LimitedConnectOptions {
  readonly family: 4 | 6;
  readonly host: string;
  readonly port: number;
  /** 0: any that is free. */
  readonly localPort: number;
  /** How many hops the SYN may take. */
  readonly ttl: number;
  /** The byte with the DSCP; the system decides its ECN bits. */
  readonly trafficClass?: number | undefined;
}

/** What became of the SYN. */
export type ConnectEnd =
  | { readonly name: 'connected' }
  /** An ICMP message has come: Linux queues those to a SYN with who sent them, tcp_v4_err and tcp_v6_err. */
  | { readonly name: 'reported'; readonly report: IcmpReport }
  | { readonly name: 'failed'; readonly error: NodeJS.ErrnoException };

/** A TCP connect whose SYN may take so many hops and no more. The socket is closed at its end, with RST where there is a connection. */
export class LimitedConnect implements Watched {
  readonly fd: number;
  readonly generation: number;
  readonly #udp: AsyncUdp;
  readonly #errors: ErrorQueue;
  readonly #ended: (end: ConnectEnd) => void;
  #isClosed = false;

  /** @param ended is called once, and not after `close`. @throws Error of the system: no SYN was sent */
  constructor(udp: AsyncUdp, options: LimitedConnectOptions, ended: (end: ConnectEnd) => void) {
    const { family, host, localPort, port, trafficClass, ttl } = options;
    this.#udp = udp;
    this.#ended = ended;
    this.fd = udp.socket(family, SOCK_STREAM);
    this.generation = udp.epoll.nextGeneration();
    this.#errors = new ErrorQueue(udp, this.fd, undefined);
    try {
      const header = { ttl, receiveHeader: true, ...(trafficClass !== undefined && { trafficClass }) };
      for (const [option, value] of socketOptions(family, header)) udp.setOption(this.fd, option, value);
      udp.setOption(this.fd, TIMESTAMPS, RECEIVE_STAMPS);
      // The port may be that of a connection that this host has closed.
      udp.setOption(this.fd, { level: SOL_SOCKET, name: SO_REUSEADDR }, 1);
      const { buffer, byteLength } = NO_LINGER;
      udp.checked('setsockopt', udp.call.setsockopt(this.fd, SOL_SOCKET, SO_LINGER, buffer, byteLength));
      const local = udp.sockaddr(ANY[family], localPort);
      udp.checked('bind', udp.call.bind(this.fd, local, local.byteLength));
      const remote = udp.sockaddr(host, port);
      if (udp.call.connect(this.fd, remote, remote.byteLength) < 0 && udp.libc.errno() !== EINPROGRESS) {
        throw systemError('connect', udp.libc.errno());
      }
      udp.epoll.add(this, EPOLLIN | EPOLLOUT);
      udp.epoll.ref();
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
  }

  get localAddress(): { readonly address: string; readonly port: number } {
    return this.#udp.localAddress(this.fd);
  }

  /** Whether the SYN was sent again, which is after a second, and never left this host. No error tells it. */
  isHeldBack(info: TcpInfo): boolean {
    return (
      !this.#isClosed &&
      info.readDescriptor(this.fd) &&
      info.retransmits > 0 &&
      info.retransmitsUnderWay === 0
    );
  }

  ready(events: number): void {
    if (this.#isClosed) return;
    const report = this.#errors.next();
    if (report !== undefined && report !== 'stamp') {
      this.#end({ name: 'reported', report });
      return;
    }
    const errno = this.#udp.getOption(this.fd, PENDING_ERROR);
    if (errno !== 0) this.#end({ name: 'failed', error: systemError('connect', errno) });
    else if ((events & EPOLLOUT) !== 0) this.#end({ name: 'connected' });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { epoll } = this.#udp;
    epoll.unref();
    epoll.remove(this);
    closeSync(this.fd);
  }

  #end(end: ConnectEnd): void {
    this.close();
    this.#ended(end);
  }
}
