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
      finish(outcome: IdleOutcome): void;
    }
  | { readonly name: 'over' };

/** A connection that is left idle. */
export class TcpIdleFlow implements IdleFlow {
  readonly died: Promise<IdleOutcome>;
  readonly #clock: Clock;
  readonly #nextRequest: () => IdleRequest;
  readonly #remote: string;
  readonly #socket: Socket;
  readonly #die: (outcome: IdleOutcome) => void;
  #received = Buffer.alloc(0);
  #idleSinceMs: number;
  #state: State = { name: 'idle' };

  constructor(socket: Socket, remote: string, clock: Clock, nextRequest: () => IdleRequest) {
    const { promise, resolve } = Promise.withResolvers<IdleOutcome>();
    this.died = promise;
    this.#die = resolve;
    this.#clock = clock;
    this.#nextRequest = nextRequest;
    this.#remote = remote;
    this.#socket = socket;
    this.#idleSinceMs = clock.now();
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
      idleMs: this.#clock.now() - this.#idleSinceMs,
      finish(outcome) {
        cancel();
        resolve(outcome);
      },
    };
    this.#socket.write(request.bytes);
    return promise;
  }

  close(): void {
    if (this.#state.name === 'asked') this.#state.finish({ idleMs: this.#state.idleMs });
    this.#state = { name: 'over' };
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    // A peer may send bytes without a request, such as the reason why it closes: those are no reply.
    if (this.#state.name !== 'asked') return;
    this.#received = Buffer.concat([this.#received, bytes]);
    const isRight = this.#state.request.isReply(this.#received);
    if (isRight === undefined) return;
    if (!isRight) {
      this.#end('wrong_answer', `${this.#remote} sent something else than the answer`);
      return;
    }
    this.#idleSinceMs = this.#clock.now();
    const { idleMs, finish } = this.#state;
    this.#state = { name: 'idle' };
    finish({ idleMs });
  }

  #end(cause: Cause, detail: string): void {
    const state = this.#state;
    this.#state = { name: 'over' };
    this.#socket.destroy();
    if (state.name === 'asked') {
      state.finish({ idleMs: state.idleMs, death: { cause, detail, whenAsked: true } });
    } else if (state.name === 'idle') {
      const idleMs = this.#clock.now() - this.#idleSinceMs;
      this.#die({ idleMs, death: { cause, detail, whenAsked: false } });
    }
  }
}
