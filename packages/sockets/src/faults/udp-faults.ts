import type { RemoteInfo } from 'node:dgram';
import type { Counter, SharedFaults } from '@echo-daytime/worker';
import { HeldAnswers } from './held-answers.ts';
import { fateOf, holdsAnswers, type RandomSource } from './picked-faults.ts';

/** Sends an answer to whoever asked. */
export type Answer = (answer: Uint8Array, source: RemoteInfo) => void;

interface HeldDatagram {
  readonly timer: NodeJS.Timeout;
  readonly send: () => void;
}

/** The faults of one UDP listener; exists only where they can be injected. */
export class UdpFaults {
  readonly #shared: SharedFaults;
  readonly #dropped: Counter;
  readonly #random: RandomSource;
  readonly #held: HeldAnswers;
  readonly #datagrams = new Set<HeldDatagram>();

  /** @param dropped counts the answers that are never sent */
  constructor(
    shared: SharedFaults,
    dropped: Counter,
    random: RandomSource = Math.random,
    held = new HeldAnswers(),
  ) {
    this.#shared = shared;
    this.#dropped = dropped;
    this.#random = random;
    this.#held = held;
  }

  /**
   * Answers that suffer.
   *
   * @param send sends an answer and counts it
   * @param repeat sends the second copy of a duplicate, which is on no books: received = sent + Σ dropped
   */
  around(send: Answer, repeat: Answer): Answer {
    return (answer, source) => {
      const fate = fateOf(answer, this.#shared.current, this.#random);
      if (fate.name !== 'sent') {
        this.#dropped.increment();
        return;
      }
      const { bytes, copies, delayMs } = fate;
      const sendAll = (payload: Uint8Array): void => {
        send(payload, source);
        if (copies > 1) repeat(payload, source);
      };
      if (delayMs === 0) sendAll(bytes);
      else this.#hold(Buffer.from(bytes), delayMs, sendAll);
    };
  }

  /** Sends at once all that is held. */
  release(): void {
    for (const datagram of this.#datagrams) datagram.send();
  }

  /** Sends what the faults of now do not hold back. */
  review(): void {
    if (!holdsAnswers(this.#shared.current)) this.release();
  }

  #hold(payload: Buffer, delayMs: number, sendAll: (payload: Uint8Array) => void): void {
    if (!this.#held.add(this, payload.length)) {
      // As a queue that is full drops what comes next.
      this.#dropped.increment();
      return;
    }
    const datagram: HeldDatagram = {
      timer: setTimeout(() => datagram.send(), delayMs),
      send: () => {
        clearTimeout(datagram.timer);
        this.#datagrams.delete(datagram);
        this.#held.remove(payload.length);
        if (this.#datagrams.size === 0) this.#held.done(this);
        sendAll(payload);
      },
    };
    this.#datagrams.add(datagram);
  }
}
