import type { Counter, SharedFaults } from '@echo-daytime/worker';
import { HeldReplies } from './held-replies.ts';
import { holdsReplies, pickFaults, type RandomSource } from './picked-faults.ts';

/** How an engine sends replies. `At` is its reference to a received datagram. */
export interface ReplySender<At> {
  /** Sends a reply and counts it. */
  send(reply: Uint8Array, at: At): void;
  /** Sends the second copy of a duplicate, which does not count: received = sent + Σ dropped. */
  repeat(reply: Uint8Array, at: At): void;
  /** A reference to the same datagram that stays valid when the next datagrams are received. */
  store(at: At): At;
  /** As `setTimeout`, exact to the millisecond. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout;
}

interface HeldDatagram {
  readonly timer: NodeJS.Timeout;
  readonly send: () => void;
}

/** The faults of one UDP listener, around the sending of its engine; exists only with FAULTS=on. */
export class UdpFaults<At> {
  readonly #shared: SharedFaults;
  readonly #dropped: Counter;
  readonly #sender: ReplySender<At>;
  readonly #random: RandomSource;
  readonly #held: HeldReplies;
  readonly #datagrams = new Set<HeldDatagram>();

  /** @param dropped counts the replies that are never sent */
  constructor(
    shared: SharedFaults,
    dropped: Counter,
    sender: ReplySender<At>,
    random: RandomSource = Math.random,
    held = new HeldReplies(),
  ) {
    this.#shared = shared;
    this.#dropped = dropped;
    this.#sender = sender;
    this.#random = random;
    this.#held = held;
  }

  send(reply: Uint8Array, at: At): void {
    const picked = pickFaults(reply, this.#shared.current, this.#random);
    if (picked.name !== 'sent') {
      this.#dropped.increment();
      return;
    }
    const { bytes, copies, delayMs } = picked;
    if (delayMs === 0) this.#sendAll(bytes, copies, at);
    else this.#hold(Buffer.from(bytes), copies, this.#sender.store(at), delayMs);
  }

  /** Sends all held replies at once. */
  release(): void {
    for (const datagram of this.#datagrams) datagram.send();
  }

  /** Sends the replies that the current faults do not hold. */
  review(): void {
    if (!holdsReplies(this.#shared.current)) this.release();
  }

  #sendAll(reply: Uint8Array, copies: number, at: At): void {
    this.#sender.send(reply, at);
    if (copies > 1) this.#sender.repeat(reply, at);
  }

  #hold(reply: Buffer, copies: number, at: At, delayMs: number): void {
    if (!this.#held.add(this, reply.length)) {
      // A full queue drops the newest datagram.
      this.#dropped.increment();
      return;
    }
    const datagram: HeldDatagram = {
      timer: this.#sender.setTimer(delayMs, () => datagram.send()),
      send: () => {
        clearTimeout(datagram.timer);
        this.#datagrams.delete(datagram);
        this.#held.remove(reply.length);
        if (this.#datagrams.size === 0) this.#held.done(this);
        this.#sendAll(reply, copies, at);
      },
    };
    this.#datagrams.add(datagram);
  }
}
