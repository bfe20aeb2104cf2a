import type { Socket } from 'node:dgram';
import { failureOfFlow } from '../../net/flow-failure.ts';
import { type Clock, onDeadline } from '../../sampling/clock.ts';
import type { Cause, IdleFlow, IdleOutcome } from './idle-flow.ts';
import type { Question } from './request.ts';

/** A datagram may get lost on a path that works; so many in a row hardly do. */
const TRIES = 3;

/** A source port that is left alone. */
export class UdpIdleFlow implements IdleFlow {
  /** Nothing tells an idle socket that its mapping is gone. */
  readonly died: Promise<IdleOutcome> = new Promise(() => {});
  readonly #clock: Clock;
  readonly #nextQuestion: () => Question;
  readonly #peer: string;
  readonly #socket: Socket;
  #quietSinceMs: number;
  #isClosed = false;
  #abandon: () => void = () => {};

  constructor(socket: Socket, peer: string, clock: Clock, nextQuestion: () => Question) {
    this.#clock = clock;
    this.#nextQuestion = nextQuestion;
    this.#peer = peer;
    this.#socket = socket;
    this.#quietSinceMs = clock.now();
    // Whatever comes while nobody asks is an answer to an earlier question.
    socket.on('error', () => {});
  }

  async ask(timeoutMs: number): Promise<IdleOutcome> {
    const { promise, resolve } = Promise.withResolvers<IdleOutcome>();
    const socket = this.#socket;
    const peer = this.#peer;
    const startMs = this.#clock.now();
    const idleMs = startMs - this.#quietSinceMs;
    const questions: Question[] = [];
    const dead = (cause: Cause, words: string): void =>
      resolve({ idleMs, death: { cause, words, whenAsked: true } });
    const onError = (error: Error): void => {
      const { kind, words } = failureOfFlow(error, peer);
      dead(kind === 'refused' ? 'refused' : 'unreachable', words);
    };
    const onMessage = (datagram: Buffer): void => {
      if (questions.some((question) => question.isAnswer(datagram) === true)) resolve({ idleMs });
    };
    const sendNext = (): void => {
      const question = this.#nextQuestion();
      questions.push(question);
      socket.send(question.request, (error) => error && onError(error));
    };
    socket.on('error', onError);
    socket.on('message', onMessage);
    this.#abandon = () => resolve({ idleMs });
    sendNext();
    const cancels = Array.from({ length: TRIES - 1 }, (_, index) =>
      onDeadline(this.#clock, startMs + (timeoutMs * (index + 1)) / TRIES, sendNext),
    );
    cancels.push(
      onDeadline(this.#clock, startMs + timeoutMs, () =>
        dead('silent', `${peer} answered none of ${TRIES} datagrams within ${timeoutMs} ms`),
      ),
    );
    try {
      return await promise;
    } finally {
      for (const cancel of cancels) cancel();
      socket.removeListener('error', onError);
      socket.removeListener('message', onMessage);
      this.#quietSinceMs = this.#clock.now();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#abandon();
    this.#socket.close();
  }
}
