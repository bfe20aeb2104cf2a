import { getSystemErrorName } from 'node:util';
import {
  BLOCKING_MS,
  DatagramBatch,
  type Libc,
  type MessageLayout,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
  SocketPoll,
  type UdpSocket,
} from '@echo-daytime/linux';
import type { UdpCounters } from '../counters.ts';
import type { UdpProtocol } from '../engine.ts';
import { UdpJudgement, type UdpRules } from '../policy.ts';
import type { EngineControl } from './engine-control.ts';

interface BatchLoopParts {
  readonly protocol: UdpProtocol;
  readonly counters: UdpCounters;
  readonly rules: UdpRules;
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Receives, judges, answers, over and over. */
export class BatchLoop {
  readonly #batch: DatagramBatch;
  readonly #sockets: readonly UdpSocket[];
  /** One socket waits by itself. */
  readonly #poll: SocketPoll | undefined;
  readonly #judgement: UdpJudgement<number>;
  readonly #parts: BatchLoopParts;
  readonly #noticed = new Set<number>();

  constructor(libc: Libc, layout: MessageLayout, sockets: readonly UdpSocket[], parts: BatchLoopParts) {
    this.#batch = new DatagramBatch(libc, layout);
    this.#sockets = sockets;
    this.#poll = sockets.length > 1 ? new SocketPoll(libc, sockets) : undefined;
    this.#judgement = new UdpJudgement(parts.rules, sockets[0]?.port ?? 0, this.#batch.sources);
    this.#parts = parts;
  }

  /** Returns when it is told to drain; what was received has been answered then. */
  run(control: EngineControl): void {
    while (!control.draining) {
      control.beat();
      this.#turn();
    }
  }

  #turn(): void {
    if (!this.#poll) {
      this.#serve(this.#sockets[0]!.fd, MSG_WAITFORONE);
      return;
    }
    this.#poll.wait(BLOCKING_MS);
    for (let index = 0; index < this.#sockets.length; index += 1) {
      if (this.#poll.ready(index)) this.#serve(this.#sockets[index]!.fd, MSG_DONTWAIT);
    }
  }

  #serve(socket: number, flags: number): void {
    const batch = this.#batch;
    const { sources } = batch;
    const judgement = this.#judgement;
    const { protocol, counters } = this.#parts;
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
      const refusal = judgement.verdict(index, sources.port(index), length, now);
      if (refusal === undefined) batch.answer(index, protocol(batch.request(index)));
      else counters.dropped[refusal].increment();
    }
    counters.receivedBytes.add(receivedBytes);
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
