import { getSystemErrorName } from 'node:util';
import {
  DatagramBatch,
  EPOLLIN,
  EPOLLOUT,
  type EpollLoop,
  type MessageLayout,
  MSG_DONTWAIT,
  RealTimeClock,
  type StoredDatagram,
  type UdpSocket,
} from '@echo-daytime/linux';
import { UdpFaults } from '../faults/udp-faults.ts';
import { BatchSocket } from './batch-socket.ts';
import type { DgramParts } from './dgram-engine.ts';
import type { HeaderProtocol, UdpListenerOptions, UdpProtocol } from './engine.ts';
import { UdpPolicy } from './policy.ts';

/** The request that a reply belongs to: the index of a datagram in the batch, or a stored datagram with its socket. */
type ReplyTarget = number | { readonly socket: BatchSocket; readonly datagram: StoredDatagram };

/** No event of epoll_ctl(2). */
const NO_EVENT = 0;
/** Flags of sendmmsg(2): waits until the send buffer has room. */
const MAY_WAIT = 0;

/** Receives and checks the datagrams of one listener and sends the replies; its sockets share one batch. */
export class BatchReplies {
  readonly #batch: DatagramBatch;
  readonly #sockets: readonly BatchSocket[];
  readonly #policy: UdpPolicy<number>;
  readonly #name: string;
  readonly #parts: DgramParts;
  readonly #protocol: UdpProtocol | undefined;
  /** In place of `#protocol`. */
  readonly #headerProtocol: HeaderProtocol | undefined;
  readonly #clock: RealTimeClock;
  readonly #noticed = new Set<number>();
  readonly #faults: UdpFaults<ReplyTarget> | undefined;
  /** Second copies of this batch's replies. */
  readonly #repeats: [reply: Uint8Array, index: number][] = [];
  /** The socket whose datagrams are in the batch. */
  #socket: BatchSocket | undefined;
  /** The send buffer had no room for all replies: the next batch is received when the rest is sent. */
  #isFull = false;

  constructor(
    loop: EpollLoop,
    layout: MessageLayout,
    sockets: readonly UdpSocket[],
    options: UdpListenerOptions,
    parts: DgramParts,
  ) {
    const { protocol } = parts;
    if (typeof protocol === 'function') this.#protocol = protocol;
    else this.#headerProtocol = protocol;
    this.#clock = new RealTimeClock(loop.libc);
    this.#batch = new DatagramBatch(loop.libc, layout, this.#headerProtocol !== undefined);
    this.#policy = new UdpPolicy(options, sockets[0]?.port ?? 0, this.#batch.sources);
    this.#name = options.name;
    this.#parts = parts;
    this.#faults =
      parts.faults &&
      new UdpFaults<ReplyTarget>(parts.faults, parts.counters.dropped.fault, {
        send: (reply, target) => {
          if (typeof target === 'number') this.#batch.reply(target, reply);
          else this.#replyToStored(target, reply);
        },
        repeat: (reply, target) => {
          if (typeof target === 'number') this.#repeats.push([reply, target]);
          else this.#replyToStored(target, reply, false);
        },
        store: (target) =>
          typeof target === 'number'
            ? { socket: this.#socket!, datagram: this.#batch.store(target) }
            : target,
        setTimer: (milliseconds, task) => loop.setTimer(milliseconds, task),
      });
    this.#sockets = sockets.map(
      ({ fd }) => new BatchSocket(fd, loop, (socket, limit) => this.#serve(socket, limit)),
    );
  }

  /** Sends the replies to all received datagrams, then closes. */
  close(): void {
    this.#faults?.release();
    this.#flush(MAY_WAIT);
    for (const socket of this.#sockets) socket.close();
  }

  #serve(socket: BatchSocket, limit: number): number {
    if (this.#isFull && !this.#flush(MSG_DONTWAIT)) return 0;
    const batch = this.#batch;
    const { sources } = batch;
    const policy = this.#policy;
    const faults = this.#faults;
    const protocol = this.#protocol;
    const { counters } = this.#parts;
    const count = batch.receive(socket.fd, limit, MSG_DONTWAIT);
    if (count <= 0) {
      if (count < 0) this.#failed(count);
      return 0;
    }
    this.#socket = socket;
    const now = performance.now();
    let receivedBytes = 0;
    counters.received.add(count);
    for (let index = 0; index < count; index += 1) {
      const length = batch.length(index);
      receivedBytes += length;
      const refusal = policy.check(index, sources.port(index), length, now);
      if (refusal !== undefined) {
        counters.dropped[refusal].increment();
        continue;
      }
      const reply = protocol === undefined ? this.#headerReply(index) : protocol(batch.request(index));
      if (reply === undefined) counters.dropped.malformed.increment();
      else if (faults === undefined) batch.reply(index, reply);
      else faults.send(reply, index);
    }
    counters.receivedBytes.add(receivedBytes);
    this.#flush(MSG_DONTWAIT);
    if (this.#repeats.length > 0) this.#sendRepeats(socket.fd);
    return count;
  }

  #headerReply(index: number): Uint8Array | undefined {
    const batch = this.#batch;
    const header = batch.readHeader(index);
    const reply = this.#headerProtocol?.reply(batch.request(index), header, this.#clock);
    const { replyTrafficClass } = header;
    if (!Number.isNaN(replyTrafficClass)) batch.setTrafficClass(index, replyTrafficClass);
    return reply;
  }

  #sendRepeats(socket: number): void {
    this.#flush(MAY_WAIT);
    for (const [reply, index] of this.#repeats.splice(0)) this.#batch.reply(index, reply);
    this.#batch.flush(socket, MAY_WAIT);
  }

  #replyToStored(
    { socket, datagram }: Exclude<ReplyTarget, number>,
    reply: Uint8Array,
    isCounted = true,
  ): void {
    this.#flush(MAY_WAIT);
    this.#batch.restore(datagram);
    this.#batch.reply(0, reply);
    this.#socket = socket;
    if (isCounted) this.#flush(MAY_WAIT);
    else this.#batch.flush(socket.fd, MAY_WAIT);
  }

  /** @returns whether no reply of the batch is left to send */
  #flush(flags: number): boolean {
    if (this.#socket === undefined) return true;
    const { counters } = this.#parts;
    const batch = this.#batch;
    const isDone = batch.flush(this.#socket.fd, flags);
    counters.sent.add(batch.sent);
    counters.sentBytes.add(batch.sentBytes);
    counters.dropped.send_error.add(batch.failed);
    if (isDone === this.#isFull) this.#setFull(!isDone);
    if (isDone) this.#headerProtocol?.sent(this.#clock);
    return isDone;
  }

  #setFull(isFull: boolean): void {
    this.#isFull = isFull;
    for (const socket of this.#sockets) {
      socket.await(!isFull ? EPOLLIN : socket === this.#socket ? EPOLLOUT : NO_EVENT);
    }
  }

  /** Logs each error code once: an error that persists must not fill the log. */
  #failed(code: number): void {
    if (this.#noticed.has(code)) return;
    this.#noticed.add(code);
    const reason = getSystemErrorName(code);
    this.#parts.notice('receiving a datagram failed', { listener: this.#name, reason });
  }
}
