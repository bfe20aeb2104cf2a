import { closeSync } from 'node:fs';
import { EAGAIN, EINTR, EPOLLERR, EPOLLIN, EPOLLOUT, MSG_DONTWAIT, SOCK_DGRAM } from '../constants.ts';
import type { Watched } from '../epoll/shared-queues.ts';
import { systemError } from '../ffi.ts';
import { ipOptions, type SocketOption } from '../ip-options.ts';
import type { Endpoint } from '../sockaddr.ts';
import type { AsyncUdp } from './async-udp.ts';
import type { AsyncUdpEvents, SendOptions, Unsent } from './async-udp-events.ts';
import { ErrorQueue } from './error-queue.ts';
import { SendStamps } from './send-stamps.ts';
import { type AsyncUdpOptions, PENDING_ERROR, STAMPS, socketOptions, TIMESTAMPS } from './socket-options.ts';

/** Maximum tries of a send that fails because of ICMP messages to earlier datagrams. */
const MAX_TRIES = 8;
/** More datagrams than a receive buffer holds of usual ones: a socket with more to discard is closed. */
const MAX_DISCARDED = 1_000;

/**
 * A UDP socket in Node's event loop with the kernel's facts about its datagrams: ICMP messages, with the router that
 * sent them and the datagram they quote; TTL and traffic class; times of sending and receiving, by the kernel's clock.
 */
export class AsyncUdpSocket implements Watched {
  readonly fd: number;
  readonly generation: number;
  readonly #udp: AsyncUdp;
  readonly #mtuOption: SocketOption;
  readonly #ttlOption: SocketOption;
  readonly #stamps: SendStamps | undefined;
  readonly #errors: ErrorQueue;
  /** Undefined before the first flow and between two flows. */
  #events: AsyncUdpEvents | undefined;
  #unsent: Unsent[] = [];
  /** Counts the flows. */
  #flow = 0;
  #isWatched = false;
  #isClosed = false;

  /** @throws Error of the system */
  constructor(udp: AsyncUdp, family: 4 | 6, options: AsyncUdpOptions = {}) {
    this.#udp = udp;
    const { level, mtu, ttl } = ipOptions(family);
    this.#mtuOption = { level, name: mtu };
    this.#ttlOption = { level, name: ttl };
    this.#stamps = options.timestamps ? new SendStamps() : undefined;
    this.fd = udp.socket(family, SOCK_DGRAM);
    this.generation = udp.epoll.nextGeneration();
    this.#errors = new ErrorQueue(udp, this.fd, this.#stamps);
    try {
      for (const [option, value] of socketOptions(family, options)) udp.setOption(this.fd, option, value);
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
  }

  /** @throws Error of the system, with `syscall` `bind` */
  bind(host: string, port: number): void {
    const name = this.#udp.sockaddr(host, port);
    this.#udp.checked('bind', this.#udp.call.bind(this.fd, name, name.byteLength));
  }

  /** Sets the destination; the kernel only looks up the route. @throws Error of the system, with `syscall` `connect` */
  connect(host: string, port: number): void {
    const name = this.#udp.sockaddr(host, port);
    this.#udp.checked('connect', this.#udp.call.connect(this.fd, name, name.byteLength));
  }

  /** Starts the events and keeps Node's loop going. A second call replaces the handlers. @throws Error of the system */
  listen(events: AsyncUdpEvents): void {
    const { epoll } = this.#udp;
    if (!this.#isWatched) epoll.add(this, EPOLLIN);
    this.#isWatched = true;
    if (this.#events === undefined) epoll.ref();
    this.#events = events;
  }

  /** The local address. */
  get localAddress(): Endpoint {
    return this.#udp.localAddress(this.fd);
  }

  /** The path MTU of a connected socket, as the kernel knows it. Bytes. @throws Error of the system */
  get pathMtu(): number {
    return this.#udp.getOption(this.fd, this.#mtuOption);
  }

  /** Of the current datagram; NaN without `receiveHeader`. */
  get ttl(): number {
    return this.#udp.incoming.ttl;
  }

  get trafficClass(): number {
    return this.#udp.incoming.trafficClass;
  }

  /** When the current datagram was received, by the kernel's clock; milliseconds since the Unix epoch. */
  get receivedAt(): number {
    return this.#udp.incoming.stampedAt;
  }

  /**
   * Sends a datagram; the caller may reuse its memory afterwards.
   *
   * @param done is called when the kernel has taken the datagram, or later with the error
   */
  send(bytes: Uint8Array, done: Unsent['done'], options: SendOptions = {}): void {
    if (this.#unsent.length > 0) {
      this.#unsent.push({ bytes: bytes.slice(), done, options });
      return;
    }
    const errno = this.#write(bytes, options);
    if (errno === 0) {
      // Most devices have stamped it by now. An event for the stamp alone would cost more.
      if (options.stamped) this.#takeReports('to_stamp');
      done();
    } else if (errno === EAGAIN) {
      // The send buffer is full.
      this.#unsent.push({ bytes: bytes.slice(), done, options });
      this.#udp.epoll.change(this, EPOLLIN | EPOLLOUT);
    } else {
      const error = systemError('send', errno);
      queueMicrotask(() => done(error));
    }
  }

  /**
   * Ends the flow of a connected socket, for the next one: `connect` then gives it another port. That costs a third of a
   * new socket. Nothing of the flow is left: no address, datagram, error, stamp or handler.
   *
   * @returns false where this is not possible, and the socket has to be closed
   */
  reset(): boolean {
    if (this.#isClosed || this.#unsent.length > 0) return false;
    const { call, epoll, unspecified } = this.#udp;
    // Its port is free from now on, so that nothing more can be received.
    if (call.connect(this.fd, unspecified, unspecified.byteLength) < 0) return false;
    if (this.#events !== undefined) epoll.unref();
    this.#events = undefined;
    this.#flow += 1;
    this.#stamps?.forget();
    return this.#discard();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsent = [];
    const { epoll } = this.#udp;
    if (this.#events !== undefined) epoll.unref();
    if (this.#isWatched) epoll.remove(this);
    closeSync(this.fd);
  }

  ready(events: number): void {
    // The stamp of a request precedes its reply, but other entries of the queue may precede the stamp.
    if ((events & EPOLLERR) !== 0) this.#readErrors((events & EPOLLIN) !== 0);
    if ((events & EPOLLIN) !== 0) this.#readDatagram();
    if ((events & EPOLLOUT) !== 0) this.#sendUnsent();
  }

  #readDatagram(): void {
    if (this.#isClosed) return;
    const { call, incoming } = this.#udp;
    incoming.prepare();
    const length = call.recvmsg(this.fd, incoming.header, MSG_DONTWAIT);
    // An error here comes from an ICMP message, which the error queue has too.
    if (length < 0) return;
    incoming.readControl();
    this.#events?.received(incoming.received(length));
  }

  /** @param isAll reads on to the stamps that are awaited */
  #readErrors(isAll: boolean): void {
    let entry = this.#errors.next();
    if (entry === undefined) this.#readError();
    while (entry !== undefined) {
      if (entry !== 'stamp') this.#events?.reported(entry);
      entry = isAll && !this.#isClosed && this.#stamps?.isAwaited ? this.#errors.next() : undefined;
    }
  }

  /** Empties both queues. @returns whether that came to an end */
  #discard(): boolean {
    const { call, libc, reports } = this.#udp;
    for (let tries = 0; tries < MAX_DISCARDED; tries += 1) {
      reports.prepare();
      // A pending error fails one call.
      if (call.recvmsg(this.fd, reports.header, MSG_DONTWAIT) >= 0 || libc.errno() !== EAGAIN) continue;
      if (this.#errors.next() === undefined) return true;
    }
    return false;
  }

  /** After a failed send: whether the kernel counted its datagram depends on the version. */
  #restartStamps(): void {
    if (this.#stamps === undefined) return;
    this.#stamps.restart();
    for (const flags of [0, STAMPS]) this.#udp.setOption(this.fd, TIMESTAMPS, flags);
  }

  /** Reads the socket's error where the queue is empty: otherwise the socket would stay ready. */
  #readError(): void {
    const errno = this.#udp.getOption(this.fd, PENDING_ERROR);
    if (errno !== 0) this.#events?.failed(systemError('recvmsg', errno));
  }

  /** @returns errno(3); 0 where the datagram was sent */
  #write(bytes: Uint8Array, options: SendOptions): number {
    const { to, ttl } = options;
    const { call, libc, outgoing } = this.#udp;
    if (ttl !== undefined) this.#udp.setOption(this.fd, this.#ttlOption, ttl);
    for (let tries = 0; ; tries += 1) {
      const sent =
        to === undefined
          ? call.write(this.fd, outgoing.bytes, outgoing.place(bytes))
          : call.sendmsg(this.fd, outgoing.address(bytes, to), 0);
      if (sent >= 0) {
        this.#stamps?.sent(options.stamped);
        return 0;
      }
      const errno = libc.errno();
      this.#restartStamps();
      if (tries === MAX_TRIES || errno === EAGAIN || (errno !== EINTR && !this.#takeReports('all')))
        return errno;
    }
  }

  /**
   * Takes what the error queue has, or what precedes the awaited stamps and these.
   *
   * @returns whether there were ICMP messages, each of which fails a send
   */
  #takeReports(which: 'all' | 'to_stamp'): boolean {
    let found = false;
    while (which === 'all' || this.#stamps?.isAwaited) {
      const entry = this.#errors.next();
      if (entry === undefined) break;
      if (entry === 'stamp') continue;
      found = true;
      const flow = this.#flow;
      // In a microtask, because a sender does not expect an event during `send`.
      queueMicrotask(() => {
        if (!this.#isClosed && this.#flow === flow) this.#events?.reported(entry);
      });
    }
    return found;
  }

  #sendUnsent(): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const errno = this.#write(next.bytes, next.options);
      if (errno === EAGAIN) return;
      this.#unsent.shift();
      next.done(errno === 0 ? undefined : systemError('send', errno));
    }
    if (!this.#isClosed) this.#udp.epoll.change(this, EPOLLIN);
  }
}
