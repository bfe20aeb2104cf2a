import type { Socket } from 'node:net';
import { connectTcp } from '../../net/dial-tcp.ts';
import { dialFailure, socketFailure } from '../../net/failure.ts';
import { bytesReturned, type FailedResult } from '../../sampling/outcome.ts';
import { type FlowOptions, type LoadFlow, REST_MS } from './flow.ts';
import { MessageRing } from './message-ring.ts';

export interface EchoTcpOptions extends FlowOptions {
  readonly sizeBytes: number;
  readonly run: number;
  /** Received bytes are compared before the next read, so all connections of a thread share one buffer. */
  readonly readBuffer: Buffer;
}

type State =
  | { readonly name: 'unconnected' }
  | { readonly name: 'connecting'; readonly socket: Socket; readonly sinceMs: number }
  | { readonly name: 'open'; readonly socket: Socket }
  | { readonly name: 'resting'; readonly untilMs: number }
  | { readonly name: 'closed' };

/**
 * RFC 862 over one TCP connection. The first message after a failure opens the connection again, and the time for that is
 * part of its latency.
 */
export class EchoTcpFlow implements LoadFlow {
  readonly #options: EchoTcpOptions;
  readonly #messages: MessageRing;
  #state: State = { name: 'unconnected' };
  #nowMs = 0;
  readonly #answered = (dueMs: number): void => this.#options.listener.answered(dueMs, this.#nowMs);

  constructor(options: EchoTcpOptions) {
    const { pipeline, sizeBytes, run } = options;
    this.#options = options;
    this.#messages = new MessageRing({ slots: pipeline, sizeBytes, run });
  }

  get capacity(): number {
    const { name } = this.#state;
    return name === 'open' || name === 'unconnected' ? this.#messages.capacity : 0;
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
      this.#options.listener.onReady(this, nowMs);
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
    const { address, clock, port, listener, remote, readBuffer } = this.#options;
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
      listener.opened();
      this.#messages.writeTo(socket);
    });
    // A destroyed socket may still report an error.
    socket.on('error', (error) => {
      if (!this.#isCurrent(socket)) return;
      const isDial = this.#state.name === 'connecting';
      this.#fail(isDial ? dialFailure(error, remote, address.family) : socketFailure(error, remote));
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
    const { clock, listener, remote, readBuffer } = this.#options;
    this.#nowMs = clock.now();
    const wrong = this.#messages.receive(readBuffer, length, this.#answered);
    if (wrong === 'unexpected') {
      listener.unexpected();
      this.#fail({ outcome: 'corrupt', detail: `${remote} sent more than it was sent` });
    } else if (wrong) {
      this.#fail(wrong);
    } else if (this.capacity > 0) {
      listener.onReady(this, this.#nowMs);
    }
  }

  /** Fails every message under way. A connection that dies idle has none, and may be opened again at once. */
  #fail({ outcome, detail }: FailedResult): void {
    const count = this.#messages.underWay;
    const isIdle = this.#state.name === 'open' && count === 0;
    if ('socket' in this.#state) this.#state.socket.destroy();
    this.#state = isIdle
      ? { name: 'unconnected' }
      : { name: 'resting', untilMs: this.#options.clock.now() + REST_MS };
    this.#messages.clear();
    this.#options.listener.failed(outcome, detail, count);
  }

  #end(): FailedResult {
    const { remote, sizeBytes } = this.#options;
    const { returnedBytes } = this.#messages;
    if (returnedBytes === 0) {
      return { outcome: 'closed', detail: `${remote} closed the connection without an answer` };
    }
    const detail = `${remote} sent ${bytesReturned(returnedBytes, sizeBytes)} and closed the connection`;
    return { outcome: 'truncated', detail };
  }

  #timeout(): FailedResult {
    const { remote, sizeBytes, timeoutMs } = this.#options;
    const state = this.#state;
    const within = `within ${timeoutMs} ms`;
    if (state.name === 'connecting') {
      return { outcome: 'connect_timeout', detail: `no connection to ${remote} ${within}` };
    }
    return state.name === 'open' && state.socket.writableLength > 0
      ? { outcome: 'write_timeout', detail: `${remote} did not take the whole request ${within}` }
      : {
          outcome: 'read_timeout',
          detail: `${remote} sent ${this.#messages.returnedBytes} of ${sizeBytes} bytes ${within}`,
        };
  }
}
