import type { Socket } from 'node:dgram';
import { dialFailure } from '../../net/failure.ts';
import { connectUdp } from '../../net/open-udp.ts';
import type { SampleResult } from '../../sampling/outcome.ts';
import { type FlowOptions, type LoadFlow, REST_MS } from './flow.ts';

/** What a protocol does with datagrams. */
export interface DatagramProtocol {
  /** The request in one of the flow's places, which stays as it is until the place is free. */
  request(place: number, sequence: number, sentAt: number): Buffer;
  /** Whether a reply answers the request in a place; cheap, for it is asked of every reply. */
  isAnswer(reply: Buffer, place: number): boolean;
  /** What to make of a reply that answers nothing under way, of which the oldest is in `place`. */
  judge(reply: Buffer, place: number): SampleResult | 'unexpected';
  /** Whether answers tell their request. If not, a flow with a lost one gets another source port. */
  readonly hasIdentity: boolean;
}

export interface UdpFlowOptions extends FlowOptions {
  readonly protocol: DatagramProtocol;
}

/** A socket and what it tells of each datagram once it has left; one function for all, as a hot path allocates nothing. */
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
const PUT_UP = 1;
const SENT = 2;

/** Datagrams from one source port. The socket is connected, or the kernel would keep ICMP answers to itself. */
export class UdpFlow implements LoadFlow {
  readonly #options: UdpFlowOptions;
  readonly #places: Uint8Array;
  readonly #requests: Buffer[];
  readonly #dueMs: Float64Array;
  readonly #sentMs: Float64Array;
  #state: State = { name: 'unconnected' };
  #sequence = 0;
  #underWay = 0;

  constructor(options: UdpFlowOptions) {
    const { pipeline } = options;
    this.#options = options;
    this.#places = new Uint8Array(pipeline);
    this.#requests = new Array<Buffer>(pipeline);
    this.#dueMs = new Float64Array(pipeline);
    this.#sentMs = new Float64Array(pipeline);
  }

  get capacity(): number {
    const { name } = this.#state;
    return name === 'open' || name === 'unconnected' ? this.#places.length - this.#underWay : 0;
  }

  get oldestDueMs(): number {
    return Math.min(...this.#dueMs.filter((_, place) => this.#places[place] !== FREE));
  }

  open(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#connect().once('connect', resolve).once('error', resolve);
    return promise;
  }

  begin(dueMs: number, nowMs: number): void {
    const place = this.#places.indexOf(FREE);
    const sentAt = performance.timeOrigin + nowMs;
    this.#requests[place] = this.#options.protocol.request(place, this.#sequence, sentAt);
    this.#places[place] = PUT_UP;
    this.#dueMs[place] = dueMs;
    this.#sentMs[place] = nowMs;
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
    for (let place = 0; place < this.#places.length; place += 1) {
      if (this.#places[place] === FREE || nowMs - this.#sentMs[place]! < timeoutMs) continue;
      this.#free(place);
      lost += 1;
    }
    if (lost === 0) return;
    if (!protocol.hasIdentity && state.name === 'open') {
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
    // A socket that was given up may still report an error of its own, and ECANCELED for each datagram that had yet to
    // leave this host.
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
    for (let place = 0; place < this.#places.length; place += 1) {
      if (this.#places[place] !== PUT_UP) continue;
      this.#places[place] = SENT;
      socket.send(this.#requests[place]!, sent);
    }
  }

  #receive(reply: Buffer): void {
    const { clock, listener, protocol } = this.#options;
    const nowMs = clock.now();
    let oldest = -1;
    for (let place = 0; place < this.#places.length; place += 1) {
      if (this.#places[place] !== SENT) continue;
      if (protocol.isAnswer(reply, place)) {
        this.#free(place);
        listener.answered(this.#dueMs[place]!, nowMs);
        listener.onReady(this, nowMs);
        return;
      }
      if (oldest < 0 || this.#sentMs[place]! < this.#sentMs[oldest]!) oldest = place;
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

  /** What the system or an ICMP answer says of the flow holds for all that is under way. */
  #error(error: Error): void {
    const { address, clock, listener, remote } = this.#options;
    const count = this.#underWay;
    const { outcome, detail } = dialFailure(error, remote, address.family);
    if ('socket' in this.#state) this.#state.socket.close();
    this.#state = { name: 'resting', untilMs: clock.now() + REST_MS };
    this.#places.fill(FREE);
    this.#underWay = 0;
    listener.failed(outcome, detail, count);
  }

  #free(place: number): void {
    this.#places[place] = FREE;
    this.#underWay -= 1;
  }
}
