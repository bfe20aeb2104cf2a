import { randomInt } from 'node:crypto';
import { requestSequenceOf } from '@echo-daytime/stamp';
import { hasFailed } from '../../net/each-address.ts';
import { type FlowFailure, type SocketError, socketFailure } from '../../net/failure.ts';
import { markOf } from '../../net/mark.ts';
import { udpSilence } from '../../net/open-udp.ts';
import type { UdpEngine, UdpSocket } from '../../net/udp-socket.ts';
import { encodePayload, judgeEcho, peekPayload } from '../../payload/payload.ts';
import { encodeStamp, judgeStamp } from '../../payload/stamp-packet.ts';
import { type CancelWake, onDeadline } from '../../sampling/clock.ts';
import { isTainted } from '../../sampling/self-trust.ts';
import { hostPort } from '../../targets/target.ts';
import { type FlowsOptions, lossDetail, type SourceFlows } from './source-flows.ts';

interface Pending {
  readonly request: Buffer;
  readonly cancel: CancelWake;
}

/** A socket for each source port, which sends without waiting for replies. */
export class UdpFlows implements SourceFlows {
  readonly #options: FlowsOptions;
  readonly #sockets = new Map<number, UdpSocket>();
  readonly #pending = new Map<number, Pending>();
  readonly #run = randomInt(2 ** 32);
  readonly #sessionId = randomInt(1, 2 ** 16);
  readonly #remote: string;
  /** What ICMP messages said of a port, which is more than silence. */
  readonly #said = new Map<number, string>();
  #next = 0;

  /** Opens a socket for each port that is free; the events tell which are not. */
  static async open(
    udp: UdpEngine,
    ports: readonly number[],
    options: FlowsOptions,
  ): Promise<UdpFlows | { readonly failure: FlowFailure }> {
    const flows = new UdpFlows(options);
    const { address, events, target } = options;
    for (const port of ports) {
      const flow = await udp.open(address, target.port, { localPort: port, ...markOf(target) });
      if (!hasFailed(flow)) flows.#add(port, flow.socket);
      else if (flow.failure.isPortTaken) events.taken(port, flow.failure.detail);
      else {
        flows.close();
        return flow;
      }
    }
    return flows;
  }

  private constructor(options: FlowsOptions) {
    this.#options = options;
    this.#remote = hostPort(options.address.address, options.target.port);
  }

  isBusy(): boolean {
    return false;
  }

  send(port: number): void {
    const { clock, events, timeoutMs } = this.#options;
    const sequence = this.#next;
    this.#next += 1;
    const startMs = clock.now();
    const request = this.#requestOf(sequence);
    const cancel = onDeadline(clock, startMs + timeoutMs, () => this.#expired(port, sequence, startMs));
    this.#pending.set(sequence, { request, cancel });
    this.#sockets.get(port)!.send(request, (error) => {
      // An error of the path fails the sample by its silence.
      if (!error?.isOwn || !this.#end(sequence)) return;
      events.unsent(port, socketFailure(error, this.#remote).detail);
    });
  }

  close(): void {
    for (const { cancel } of this.#pending.values()) cancel();
    this.#pending.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #add(port: number, socket: UdpSocket): void {
    this.#sockets.set(port, socket);
    socket.listen({
      received: (datagram) => this.#received(port, datagram),
      failed: (error: SocketError) => {
        const failure = socketFailure(error, this.#remote);
        this.#said.set(port, lossDetail(failure, this.#remote, 'ICMP port unreachable'));
      },
    });
  }

  #requestOf(sequence: number): Buffer {
    const { clock, sizeBytes, target } = this.#options;
    const sentAt = clock.epoch();
    return target.protocol === 'stamp-udp'
      ? encodeStamp({ sequence, sentAt, sessionId: this.#sessionId }, sizeBytes)
      : encodePayload({ run: this.#run, sequence, sentAt }, sizeBytes);
  }

  #received(port: number, reply: Buffer): void {
    const isStamp = this.#options.target.protocol === 'stamp-udp';
    const sequence = isStamp ? requestSequenceOf(reply) : peekPayload(reply)?.sequence;
    if (sequence === undefined) return;
    const request = this.#pending.get(sequence)?.request;
    // It came after its timeout or for the second time, or is not of this run.
    if (request === undefined) return;
    const judged = isStamp ? judgeStamp(reply, request) : judgeEcho(reply, request);
    this.#end(sequence);
    if (judged.outcome === 'ok') this.#options.events.answered(port);
    else this.#options.events.lost(port, judged.detail);
  }

  #expired(port: number, sequence: number, startMs: number): void {
    const { clock, events, stalls, timeoutMs } = this.#options;
    this.#end(sequence);
    const stalledMs = stalls.longestSince(startMs);
    if (isTainted('lost', stalledMs, clock.now() - startMs)) {
      events.stalled(port);
    } else {
      events.lost(port, this.#said.get(port) ?? udpSilence(this.#remote, timeoutMs).detail);
    }
  }

  /** @returns whether it was under way */
  #end(sequence: number): boolean {
    const pending = this.#pending.get(sequence);
    pending?.cancel();
    return this.#pending.delete(sequence);
  }
}
