import type { Socket } from 'node:dgram';
import { dialFailure } from '../../net/failure.ts';
import { connectUdp } from '../../net/open-udp.ts';
import type { SampleResult } from '../../sampling/outcome.ts';
import { type FlowOptions, type LoadFlow, REST_MS } from './flow.ts';

/** The requests of a protocol over UDP, and how replies are judged. */
export interface DatagramProtocol {
  /** The request in one of the flow's slots. Its bytes do not change until the slot is free. */
  request(slot: number, sequence: number, sentAt: number): Buffer;
  /** Whether a reply answers the request in a slot. Called for every reply, so it must be fast. */
  isAnswer(reply: Buffer, slot: number): boolean;
  /** Judges a reply that answers no request under way. @param slot of the oldest request under way */
  judge(reply: Buffer, slot: number): SampleResult | 'unexpected';
  /** Whether a reply identifies its request. If not, a flow takes a new source port after a loss. */
  readonly isReplyIdentified: boolean;
}

export interface UdpFlowOptions extends FlowOptions {
  readonly protocol: DatagramProtocol;
}

/** A socket and its callback for sent datagrams: one function for all, so that the hot path allocates nothing. */
interface Port {
  readonly socket: Socket;
  readonly sent: (error: Error | null) => void;
}

type State =
  | { readonly name: 'unconnected' }
  | ({ readonly name: 'connecting' | 'open' } & Port)
  | { readonly name: 'resting'; readonly untilMs: number }
  | { readonly name: 'closed' };

const FREE = 0;
const QUEUED = 1;
const SENT = 2;

/** Datagrams from one source port. The socket is connected, so that the kernel reports ICMP messages. */
export class UdpFlow implements LoadFlow {
  readonly #options: UdpFlowOptions;
  readonly #slots: Uint8Array;
  readonly #requests: Buffer[];
  readonly #dueMs: Float64Array;
  readonly #sentMs: Float64Array;
  #state: State = { name: 'unconnected' };
  #sequence = 0;
  #underWay = 0;

  constructor(options: UdpFlowOptions) {
    const { pipeline } = options;
    this.#options = options;
    this.#slots = new Uint8Array(pipeline);
    this.#requests = new Array<Buffer>(pipeline);
    this.#dueMs = new Float64Array(pipeline);
    this.#sentMs = new Float64Array(pipeline);
  }

  get capacity(): number {
    const { name } = this.#state;
    return name === 'open' || name === 'unconnected' ? this.#slots.length - this.#underWay : 0;
  }

  get oldestDueMs(): number {
    return Math.min(...this.#dueMs.filter((_, slot) => this.#slots[slot] !== FREE));
  }

  open(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#connect().once('connect', resolve).once('error', resolve);
    return promise;
  }

  begin(dueMs: number, nowMs: number): void {
    const slot = this.#slots.indexOf(FREE);
    const sentAt = performance.timeOrigin + nowMs;
    this.#requests[slot] = this.#options.protocol.request(slot, this.#sequence, sentAt);
    this.#slots[slot] = QUEUED;
    this.#dueMs[slot] = dueMs;
    this.#sentMs[slot] = nowMs;
    this.#sequence += 1;
    this.#underWay += 1;
  }

  flush(): void {
    if (this.#state.name === 'open') this.#send(this.#state);
    else if (this.#state.name === 'unconnected') this.#connect();
  }

  sweep(nowMs: number): void {
    const { listener, remote, protocol, timeoutMs } = this.#options;
    const state = this.#state;
    if (state.name === 'resting') {
      if (nowMs < state.untilMs) return;
      this.#state = { name: 'unconnected' };
      listener.onReady(this, nowMs);
      return;
    }
    let lost = 0;
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      if (this.#slots[slot] === FREE || nowMs - this.#sentMs[slot]! < timeoutMs) continue;
      this.#free(slot);
      lost += 1;
    }
    if (lost === 0) return;
    if (!protocol.isReplyIdentified && state.name === 'open') {
      state.socket.close();
      this.#state = { name: 'unconnected' };
    }
    listener.failed('lost', `no answer from ${remote} within ${timeoutMs} ms`, lost);
    listener.onReady(this, nowMs);
  }

  close(): void {
    const state = this.#state;
    this.#state = { name: 'closed' };
    if ('socket' in state) state.socket.close();
  }

  #connect(): Socket {
    const { address, port: remotePort } = this.#options;
    const socket = connectUdp(address, remotePort);
    // A closed socket may still report an error, and ECANCELED for each datagram that was not sent yet.
    const onError = (error: Error): void => {
      if (this.#isCurrent(socket)) this.#error(error);
    };
    const port: Port = { socket, sent: (error) => error && onError(error) };
    this.#state = { name: 'connecting', ...port };
    socket.on('connect', () => {
      if (!this.#isCurrent(socket)) return;
      this.#state = { name: 'open', ...port };
      this.#options.listener.opened();
      this.#send(port);
    });
    socket.on('error', onError);
    socket.on('message', (reply) => {
      if (this.#isCurrent(socket)) this.#receive(reply);
    });
    return socket;
  }

  #isCurrent(socket: Socket): boolean {
    return 'socket' in this.#state && this.#state.socket === socket;
  }

  #send({ socket, sent }: Port): void {
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      if (this.#slots[slot] !== QUEUED) continue;
      this.#slots[slot] = SENT;
      socket.send(this.#requests[slot]!, sent);
    }
  }

  #receive(reply: Buffer): void {
    const { clock, listener, protocol } = this.#options;
    const nowMs = clock.now();
    let oldest = -1;
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      if (this.#slots[slot] !== SENT) continue;
      if (protocol.isAnswer(reply, slot)) {
        this.#free(slot);
        listener.answered(this.#dueMs[slot]!, nowMs);
        listener.onReady(this, nowMs);
        return;
      }
      if (oldest < 0 || this.#sentMs[slot]! < this.#sentMs[oldest]!) oldest = slot;
    }
    const result = oldest < 0 ? 'unexpected' : protocol.judge(reply, oldest);
    if (result === 'unexpected') {
      listener.unexpected();
    } else if (result.outcome !== 'ok') {
      this.#free(oldest);
      listener.failed(result.outcome, result.detail, 1);
      listener.onReady(this, nowMs);
    }
  }

  /** An error of the system or an ICMP message fails all requests under way. */
  #error(error: Error): void {
    const { address, clock, listener, remote } = this.#options;
    const count = this.#underWay;
    const { outcome, detail } = dialFailure(error, remote, address.family);
    if ('socket' in this.#state) this.#state.socket.close();
    this.#state = { name: 'resting', untilMs: clock.now() + REST_MS };
    this.#slots.fill(FREE);
    this.#underWay = 0;
    listener.failed(outcome, detail, count);
  }

  #free(slot: number): void {
    this.#slots[slot] = FREE;
    this.#underWay -= 1;
  }
}
