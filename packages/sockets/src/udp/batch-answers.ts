import { getSystemErrorName } from 'node:util';
import {
  DatagramBatch,
  EPOLLIN,
  EPOLLOUT,
  type EpollLoop,
  type KeptDatagram,
  type MessageLayout,
  MSG_DONTWAIT,
  type UdpSocket,
} from '@echo-daytime/linux';
import { UdpFaults } from '../faults/udp-faults.ts';
import { BatchSocket } from './batch-socket.ts';
import type { DgramParts } from './dgram-engine.ts';
import type { UdpListenerOptions } from './engine.ts';
import { UdpPolicy } from './policy.ts';

/** Where a reply goes: to a datagram of the batch, or to one that was kept with its socket. */
type Asker = number | { readonly socket: BatchSocket; readonly datagram: KeptDatagram };

/** Nothing of epoll_ctl(2). */
const NO_EVENT = 0;
/** Of sendmmsg(2): waits until there is room. */
const MAY_WAIT = 0;

/** Receives, checks and answers the datagrams of one listener, all of its sockets with one batch. */
export class BatchAnswers {
  readonly #batch: DatagramBatch;
  readonly #sockets: readonly BatchSocket[];
  readonly #policy: UdpPolicy<number>;
  readonly #name: string;
  readonly #parts: DgramParts;
  readonly #noticed = new Set<number>();
  readonly #faults: UdpFaults<Asker> | undefined;
  /** Second copies of this batch's replies. */
  readonly #repeats: [reply: Uint8Array, index: number][] = [];
  /** Its datagrams are in the batch. */
  #socket: BatchSocket | undefined;
  /** That socket had no room for all answers: nothing else is received before it has taken the rest. */
  #isFull = false;

  constructor(
    loop: EpollLoop,
    layout: MessageLayout,
    sockets: readonly UdpSocket[],
    options: UdpListenerOptions,
    parts: DgramParts,
  ) {
    this.#batch = new DatagramBatch(loop.libc, layout);
    this.#policy = new UdpPolicy(options, sockets[0]?.port ?? 0, this.#batch.sources);
    this.#name = options.name;
    this.#parts = parts;
    this.#faults =
      parts.faults &&
      new UdpFaults<Asker>(parts.faults, parts.counters.dropped.fault, {
        send: (reply, asker) => {
          if (typeof asker === 'number') this.#batch.answer(asker, reply);
          else this.#answerKept(asker, reply);
        },
        repeat: (reply, asker) => {
          if (typeof asker === 'number') this.#repeats.push([reply, asker]);
          else this.#answerKept(asker, reply, false);
        },
        keep: (asker) =>
          typeof asker === 'number' ? { socket: this.#socket!, datagram: this.#batch.keep(asker) } : asker,
        setTimer: (milliseconds, task) => loop.setTimer(milliseconds, task),
      });
    this.#sockets = sockets.map(
      ({ fd }) => new BatchSocket(fd, loop, (socket, most) => this.#serve(socket, most)),
    );
  }

  /** What was received has been answered then. */
  close(): void {
    this.#faults?.release();
    this.#flush(MAY_WAIT);
    for (const socket of this.#sockets) socket.close();
  }

  #serve(socket: BatchSocket, most: number): number {
    if (this.#isFull && !this.#flush(MSG_DONTWAIT)) return 0;
    const batch = this.#batch;
    const { sources } = batch;
    const policy = this.#policy;
    const faults = this.#faults;
    const { protocol, counters } = this.#parts;
    const count = batch.receive(socket.fd, most, MSG_DONTWAIT);
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
      if (refusal !== undefined) counters.dropped[refusal].increment();
      else if (faults === undefined) batch.answer(index, protocol(batch.request(index)));
      else faults.send(protocol(batch.request(index)), index);
    }
    counters.receivedBytes.add(receivedBytes);
    this.#flush(MSG_DONTWAIT);
    if (this.#repeats.length > 0) this.#sendRepeats(socket.fd);
    return count;
  }

  #sendRepeats(socket: number): void {
    this.#flush(MAY_WAIT);
    for (const [reply, index] of this.#repeats.splice(0)) this.#batch.answer(index, reply);
    this.#batch.flush(socket, MAY_WAIT);
  }

  #answerKept({ socket, datagram }: Exclude<Asker, number>, reply: Uint8Array, isCounted = true): void {
    this.#flush(MAY_WAIT);
    this.#batch.restore(datagram);
    this.#batch.answer(0, reply);
    this.#socket = socket;
    if (isCounted) this.#flush(MAY_WAIT);
    else this.#batch.flush(socket.fd, MAY_WAIT);
  }

  /** @returns whether all answers of the batch are sent, or failed */
  #flush(flags: number): boolean {
    if (this.#socket === undefined) return true;
    const { counters } = this.#parts;
    const batch = this.#batch;
    const isDone = batch.flush(this.#socket.fd, flags);
    counters.sent.add(batch.sent);
    counters.sentBytes.add(batch.sentBytes);
    counters.dropped.send_error.add(batch.failed);
    if (isDone === this.#isFull) this.#setFull(!isDone);
    return isDone;
  }

  #setFull(isFull: boolean): void {
    this.#isFull = isFull;
    for (const socket of this.#sockets) {
      socket.await(!isFull ? EPOLLIN : socket === this.#socket ? EPOLLOUT : NO_EVENT);
    }
  }

  /** Each kind once: an error that stays must not fill a log. */
  #failed(code: number): void {
    if (this.#noticed.has(code)) return;
    this.#noticed.add(code);
    const reason = getSystemErrorName(code);
    this.#parts.notice('receiving a datagram failed', { listener: this.#name, reason });
  }
}
