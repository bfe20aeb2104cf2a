import type { Socket } from 'node:net';
import { socketFailure } from '../../net/failure.ts';
import { type Clock, onDeadline } from '../../sampling/clock.ts';
import type { Cause, IdleFlow, IdleOutcome } from './idle-flow.ts';
import type { IdleRequest } from './request.ts';

type State =
  | { readonly name: 'idle' }
  | {
      readonly name: 'asked';
      readonly request: IdleRequest;
      readonly idleMs: number;
      settle(outcome: IdleOutcome): void;
    }
  | { readonly name: 'over' };

/** A connection that is left alone. */
export class TcpIdleFlow implements IdleFlow {
  readonly died: Promise<IdleOutcome>;
  readonly #clock: Clock;
  readonly #nextRequest: () => IdleRequest;
  readonly #remote: string;
  readonly #socket: Socket;
  readonly #die: (outcome: IdleOutcome) => void;
  #received = Buffer.alloc(0);
  #quietSinceMs: number;
  #state: State = { name: 'idle' };

  constructor(socket: Socket, remote: string, clock: Clock, nextRequest: () => IdleRequest) {
    const { promise, resolve } = Promise.withResolvers<IdleOutcome>();
    this.died = promise;
    this.#die = resolve;
    this.#clock = clock;
    this.#nextRequest = nextRequest;
    this.#remote = remote;
    this.#socket = socket;
    this.#quietSinceMs = clock.now();
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('end', () => this.#end('fin', `${remote} closed the connection (FIN)`));
    socket.on('error', (error) => {
      const { kind, detail } = socketFailure(error, remote);
      this.#end(kind === 'reset' ? 'reset' : kind === 'read_timeout' ? 'silent' : 'unreachable', detail);
    });
  }

  ask(timeoutMs: number): Promise<IdleOutcome> {
    const { promise, resolve } = Promise.withResolvers<IdleOutcome>();
    const cancel = onDeadline(this.#clock, this.#clock.now() + timeoutMs, () => {
      this.#end('silent', `${this.#remote} gave no answer within ${timeoutMs} ms, and no error came`);
    });
    const request = this.#nextRequest();
    this.#received = Buffer.alloc(0);
    this.#state = {
      name: 'asked',
      request,
      idleMs: this.#clock.now() - this.#quietSinceMs,
      settle(outcome) {
        cancel();
        resolve(outcome);
      },
    };
    this.#socket.write(request.bytes);
    return promise;
  }

  close(): void {
    if (this.#state.name === 'asked') this.#state.settle({ idleMs: this.#state.idleMs });
    this.#state = { name: 'over' };
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    // What a peer says of its own accord, such as why it is about to close, is no answer.
    if (this.#state.name !== 'asked') return;
    this.#received = Buffer.concat([this.#received, bytes]);
    const isRight = this.#state.request.isReply(this.#received);
    if (isRight === undefined) return;
    if (!isRight) {
      this.#end('wrong_answer', `${this.#remote} sent something else than the answer`);
      return;
    }
    this.#quietSinceMs = this.#clock.now();
    const { idleMs, settle } = this.#state;
    this.#state = { name: 'idle' };
    settle({ idleMs });
  }

  #end(cause: Cause, detail: string): void {
    const state = this.#state;
    this.#state = { name: 'over' };
    this.#socket.destroy();
    if (state.name === 'asked') {
      state.settle({ idleMs: state.idleMs, death: { cause, detail, whenAsked: true } });
    } else if (state.name === 'idle') {
      const idleMs = this.#clock.now() - this.#quietSinceMs;
      this.#die({ idleMs, death: { cause, detail, whenAsked: false } });
    }
  }
}
