import { getSystemErrorName } from 'node:util';
import {
  BLOCKING_MS,
  DatagramBatch,
  type KeptDatagram,
  type Libc,
  type MessageLayout,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
  SocketPoll,
  type UdpSocket,
} from '@echo-daytime/linux';
import type { SharedFaults } from '@echo-daytime/worker';
import { UdpFaults } from '../../faults/udp-faults.ts';
import type { UdpCounters } from '../counters.ts';
import type { UdpProtocol } from '../engine.ts';
import { UdpPolicy, type UdpRules } from '../policy.ts';
import type { EngineControl } from './engine-control.ts';

interface BatchLoopParts {
  readonly protocol: UdpProtocol;
  readonly counters: UdpCounters;
  readonly rules: UdpRules;
  /** What is injected into its replies, where that can be. */
  readonly faults: SharedFaults | undefined;
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Where a reply goes: to a datagram of the batch, or to one that was kept with its socket. */
type Asker = number | { readonly socket: number; readonly datagram: KeptDatagram };

/** Receives, checks, answers, over and over. */
export class BatchLoop {
  readonly #batch: DatagramBatch;
  readonly #sockets: readonly UdpSocket[];
  /** A socket that is alone waits by itself, for no moment that is set. */
  readonly #poll: SocketPoll | undefined;
  readonly #policy: UdpPolicy<number>;
  readonly #parts: BatchLoopParts;
  readonly #noticed = new Set<number>();
  readonly #faults: UdpFaults<Asker> | undefined;
  /** Second copies of this batch's replies. */
  readonly #repeats: [reply: Uint8Array, index: number][] = [];
  /** The socket that is being served. */
  #socket = -1;

  constructor(libc: Libc, layout: MessageLayout, sockets: readonly UdpSocket[], parts: BatchLoopParts) {
    this.#batch = new DatagramBatch(libc, layout);
    this.#sockets = sockets;
    this.#poll = sockets.length > 1 || parts.faults ? new SocketPoll(libc, sockets) : undefined;
    this.#policy = new UdpPolicy(parts.rules, sockets[0]?.port ?? 0, this.#batch.sources);
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
          typeof asker === 'number' ? { socket: this.#socket, datagram: this.#batch.keep(asker) } : asker,
      });
  }

  /** Returns when it is told to drain; what was received has been answered then. */
  run(control: EngineControl): void {
    while (!control.draining) {
      control.beat();
      this.#turn();
    }
    this.#faults?.release();
  }

  #turn(): void {
    if (!this.#poll) {
      this.#serve(this.#sockets[0]!.fd, MSG_WAITFORONE);
      return;
    }
    const dueMs = this.#faults?.sendDue(performance.now()) ?? BLOCKING_MS;
    this.#poll.wait(Math.min(BLOCKING_MS, Math.ceil(dueMs)));
    for (let index = 0; index < this.#sockets.length; index += 1) {
      if (this.#poll.ready(index)) this.#serve(this.#sockets[index]!.fd, MSG_DONTWAIT);
    }
  }

  #serve(socket: number, flags: number): void {
    const batch = this.#batch;
    const { sources } = batch;
    const policy = this.#policy;
    const faults = this.#faults;
    const { protocol, counters } = this.#parts;
    this.#socket = socket;
    const count = batch.receive(socket, flags);
    if (count <= 0) {
      if (count < 0) this.#failed(count);
      return;
    }
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
    this.#flush(socket);
    if (this.#repeats.length === 0) return;
    for (const [reply, index] of this.#repeats.splice(0)) batch.answer(index, reply);
    batch.flush(socket);
  }

  #answerKept({ socket, datagram }: Exclude<Asker, number>, reply: Uint8Array, isCounted = true): void {
    this.#batch.restore(datagram);
    this.#batch.answer(0, reply);
    if (isCounted) this.#flush(socket);
    else this.#batch.flush(socket);
  }

  #flush(socket: number): void {
    const { counters } = this.#parts;
    const batch = this.#batch;
    batch.flush(socket);
    counters.sent.add(batch.sent);
    counters.sentBytes.add(batch.sentBytes);
    counters.dropped.send_error.add(batch.failed);
  }

  /** Each kind once: an error that stays must not fill a log. */
  #failed(code: number): void {
    if (this.#noticed.has(code)) return;
    this.#noticed.add(code);
    this.#parts.notice('receiving a datagram failed', { reason: getSystemErrorName(code) });
  }
}
