import type { Socket } from 'node:net';
import { connectTcp } from '../../net/connect-socket.ts';
import { dialFailure, socketFailure } from '../../net/failure.ts';
import { bytesReturned, type Verdict } from '../../sampling/verdict.ts';
import { type FlowOptions, type LoadFlow, REST_MS } from './flow.ts';
import { MessageRing } from './message-ring.ts';

export interface EchoTcpOptions extends FlowOptions {
  readonly sizeBytes: number;
  readonly run: number;
  /** What came is looked at before the next read, so one buffer serves all connections of a thread. */
  readonly readBuffer: Buffer;
}

type State =
  | { readonly name: 'unconnected' }
  | { readonly name: 'connecting'; readonly socket: Socket; readonly sinceMs: number }
  | { readonly name: 'open'; readonly socket: Socket }
  | { readonly name: 'resting'; readonly untilMs: number }
  | { readonly name: 'closed' };

/**
 * RFC 862 over one TCP connection. A message after a failure opens the connection anew, and what that takes counts
 * into its latency.
 */
export class EchoTcpFlow implements LoadFlow {
  readonly #options: EchoTcpOptions;
  readonly #messages: MessageRing;
  #state: State = { name: 'unconnected' };
  #nowMs = 0;
  readonly #answered = (dueMs: number): void => this.#options.host.answered(dueMs, this.#nowMs);

  constructor(options: EchoTcpOptions) {
    const { pipeline, sizeBytes, run } = options;
    this.#options = options;
    this.#messages = new MessageRing({ places: pipeline, sizeBytes, run });
  }

  get room(): number {
    const { name } = this.#state;
    return name === 'open' || name === 'unconnected' ? this.#messages.room : 0;
  }

  get oldestDueMs(): number {
    return this.#messages.oldestDueMs;
  }

  open(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#connect().once('connect', resolve).once('close', resolve);
    return promise;
  }

  begin(dueMs: number, nowMs: number): void {
    this.#messages.add(dueMs, nowMs);
  }

  flush(): void {
    if (this.#state.name === 'open') this.#messages.writeTo(this.#state.socket);
    else if (this.#state.name === 'unconnected') this.#connect();
  }

  sweep(nowMs: number): void {
    const state = this.#state;
    if (state.name === 'resting' && nowMs >= state.untilMs) {
      this.#state = { name: 'unconnected' };
      this.#options.host.roomy(this, nowMs);
      return;
    }
    const sinceMs = state.name === 'connecting' ? state.sinceMs : this.#messages.oldestMs;
    if (nowMs - sinceMs >= this.#options.timeoutMs) this.#fail(this.#timeout());
  }

  close(): void {
    const state = this.#state;
    this.#state = { name: 'closed' };
    if ('socket' in state) state.socket.destroy();
  }

  #connect(): Socket {
    const { address, clock, port, host, peer, readBuffer } = this.#options;
    const callback = (length: number): boolean => {
      if (this.#isCurrent(socket)) this.#receive(length);
      return true;
    };
    const onread = { buffer: readBuffer, callback };
    const socket: Socket = connectTcp(address, port, { onread });
    this.#state = { name: 'connecting', socket, sinceMs: clock.now() };
    socket.on('connect', () => {
      if (!this.#isCurrent(socket)) return;
      this.#state = { name: 'open', socket };
      host.opened();
      this.#messages.writeTo(socket);
    });
    // A socket that was given up may still report an error of its own.
    socket.on('error', (error) => {
      if (!this.#isCurrent(socket)) return;
      const isDial = this.#state.name === 'connecting';
      this.#fail(isDial ? dialFailure(error, peer, address.family) : socketFailure(error, peer));
    });
    socket.on('end', () => {
      if (this.#isCurrent(socket)) this.#fail(this.#end());
    });
    return socket;
  }

  #isCurrent(socket: Socket): boolean {
    return 'socket' in this.#state && this.#state.socket === socket;
  }

  #receive(length: number): void {
    const { clock, host, peer, readBuffer } = this.#options;
    this.#nowMs = clock.now();
    const wrong = this.#messages.receive(readBuffer, length, this.#answered);
    if (wrong === 'surplus') {
      host.unexpected();
      this.#fail({ outcome: 'corrupt', detail: `${peer} sent more than it was sent` });
    } else if (wrong) {
      this.#fail(wrong);
    } else if (this.room > 0) {
      host.roomy(this, this.#nowMs);
    }
  }

  /** All that is under way shares the fate of the connection; one that dies idle takes nothing with it. */
  #fail(verdict: Verdict): void {
    const count = this.#messages.underWay;
    const isIdle = this.#state.name === 'open' && count === 0;
    if ('socket' in this.#state) this.#state.socket.destroy();
    this.#state = isIdle
      ? { name: 'unconnected' }
      : { name: 'resting', untilMs: this.#options.clock.now() + REST_MS };
    this.#messages.clear();
    if (verdict.outcome !== 'ok') this.#options.host.failed(verdict.outcome, verdict.detail, count);
  }

  #end(): Verdict {
    const { peer, sizeBytes } = this.#options;
    const { returnedBytes } = this.#messages;
    if (returnedBytes === 0) {
      return { outcome: 'closed', detail: `${peer} closed the connection without an answer` };
    }
    const detail = `${peer} sent ${bytesReturned(returnedBytes, sizeBytes)} and closed the connection`;
    return { outcome: 'truncated', detail };
  }

  #timeout(): Verdict {
    const { peer, sizeBytes, timeoutMs } = this.#options;
    const state = this.#state;
    const within = `within ${timeoutMs} ms`;
    if (state.name === 'connecting') {
      return { outcome: 'connect_timeout', detail: `no connection to ${peer} ${within}` };
    }
    return state.name === 'open' && state.socket.writableLength > 0
      ? { outcome: 'write_timeout', detail: `${peer} did not take the whole request ${within}` }
      : {
          outcome: 'read_timeout',
          detail: `${peer} sent ${this.#messages.returnedBytes} of ${sizeBytes} bytes ${within}`,
        };
  }
}
