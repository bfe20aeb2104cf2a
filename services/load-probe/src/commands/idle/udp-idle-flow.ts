import type { Socket } from 'node:dgram';
import { socketFailure } from '../../net/failure.ts';
import { type Clock, onDeadline } from '../../sampling/clock.ts';
import type { Cause, IdleFlow, IdleOutcome } from './idle-flow.ts';
import type { IdleRequest } from './request.ts';

/** A datagram may get lost on a path that works; so many in a row hardly do. */
const TRIES = 3;

/** A source port that is left alone. */
export class UdpIdleFlow implements IdleFlow {
  /** Nothing tells an idle socket that its mapping is gone. */
  readonly died: Promise<IdleOutcome> = new Promise(() => {});
  readonly #clock: Clock;
  readonly #nextRequest: () => IdleRequest;
  readonly #remote: string;
  readonly #socket: Socket;
  #quietSinceMs: number;
  #isClosed = false;
  #abandon: () => void = () => {};

  constructor(socket: Socket, remote: string, clock: Clock, nextRequest: () => IdleRequest) {
    this.#clock = clock;
    this.#nextRequest = nextRequest;
    this.#remote = remote;
    this.#socket = socket;
    this.#quietSinceMs = clock.now();
    // ICMP messages about earlier requests.
    socket.on('error', () => {});
  }

  async ask(timeoutMs: number): Promise<IdleOutcome> {
    const { promise, resolve } = Promise.withResolvers<IdleOutcome>();
    const socket = this.#socket;
    const remote = this.#remote;
    const startMs = this.#clock.now();
    const idleMs = startMs - this.#quietSinceMs;
    const requests: IdleRequest[] = [];
    const dead = (cause: Cause, detail: string): void =>
      resolve({ idleMs, death: { cause, detail, whenAsked: true } });
    const onError = (error: Error): void => {
      const { kind, detail } = socketFailure(error, remote);
      dead(kind === 'refused' ? 'refused' : 'unreachable', detail);
    };
    const onMessage = (datagram: Buffer): void => {
      if (requests.some((request) => request.isReply(datagram) === true)) resolve({ idleMs });
    };
    const sendNext = (): void => {
      const request = this.#nextRequest();
      requests.push(request);
      socket.send(request.bytes, (error) => error && onError(error));
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
        dead('silent', `${remote} answered none of ${TRIES} datagrams within ${timeoutMs} ms`),
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
