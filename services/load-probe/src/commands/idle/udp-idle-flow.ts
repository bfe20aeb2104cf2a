import { type SocketError, socketFailure } from '../../net/failure.ts';
import { icmpMeaning } from '../../net/icmp.ts';
import type { UdpEvents, UdpSocket } from '../../net/udp-socket.ts';
import { type Clock, onDeadline } from '../../sampling/clock.ts';
import type { Cause, IdleFlow, IdleOutcome } from './idle-flow.ts';
import type { IdleRequest } from './request.ts';

/** Requests before a flow counts as dead: one datagram may get lost on a path that works. */
const TRIES = 3;

const ignore: UdpEvents = { received() {}, failed() {} };

/** A source port that is left idle. */
export class UdpIdleFlow implements IdleFlow {
  /** Never resolves: an idle UDP socket does not learn that its NAT mapping is gone. */
  readonly died: Promise<IdleOutcome> = new Promise(() => {});
  readonly #clock: Clock;
  readonly #nextRequest: () => IdleRequest;
  readonly #remote: string;
  readonly #socket: UdpSocket;
  #idleSinceMs: number;
  #isClosed = false;
  #abandon: () => void = () => {};

  constructor(socket: UdpSocket, remote: string, clock: Clock, nextRequest: () => IdleRequest) {
    this.#clock = clock;
    this.#nextRequest = nextRequest;
    this.#remote = remote;
    this.#socket = socket;
    this.#idleSinceMs = clock.now();
    // An ICMP message about an earlier request may come while the flow is idle.
    socket.listen(ignore);
  }

  async ask(timeoutMs: number): Promise<IdleOutcome> {
    const { promise, resolve } = Promise.withResolvers<IdleOutcome>();
    const socket = this.#socket;
    const remote = this.#remote;
    const startMs = this.#clock.now();
    const idleMs = startMs - this.#idleSinceMs;
    const requests: IdleRequest[] = [];
    const dead = (cause: Cause, detail: string): void =>
      resolve({ idleMs, death: { cause, detail, whenAsked: true } });
    /** A router's word on one of the requests, where others may arrive. */
    let reported: SocketError | undefined;
    const failed = (error: SocketError): void => {
      if (error.icmp && icmpMeaning(error.icmp).isTransient) {
        reported = error;
        return;
      }
      const { kind, detail } = socketFailure(error, remote);
      dead(kind === 'refused' ? 'refused' : 'unreachable', detail);
    };
    const received = (datagram: Buffer): void => {
      if (requests.some((request) => request.isReply(datagram) === true)) resolve({ idleMs });
    };
    const sendNext = (): void => {
      const request = this.#nextRequest();
      requests.push(request);
      socket.send(request.bytes, (error) => error && failed(error));
    };
    socket.listen({ received, failed });
    this.#abandon = () => resolve({ idleMs });
    sendNext();
    const cancels = Array.from({ length: TRIES - 1 }, (_, index) =>
      onDeadline(this.#clock, startMs + (timeoutMs * (index + 1)) / TRIES, sendNext),
    );
    cancels.push(
      onDeadline(this.#clock, startMs + timeoutMs, () => {
        if (reported) dead('unreachable', socketFailure(reported, remote).detail);
        else dead('silent', `${remote} answered none of ${TRIES} datagrams within ${timeoutMs} ms`);
      }),
    );
    try {
      return await promise;
    } finally {
      for (const cancel of cancels) cancel();
      if (!this.#isClosed) socket.listen(ignore);
      this.#idleSinceMs = this.#clock.now();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#abandon();
    this.#socket.close();
  }
}
