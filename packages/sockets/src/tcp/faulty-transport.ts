import type { SynHeader } from '@echo-daytime/linux';
import type { Endpoint } from '../endpoint.ts';
import type { TcpFaults } from '../faults/tcp-faults.ts';
import type { ClosedReason } from './counters.ts';
import type { SendQueues } from './send-queues.ts';
import type { TcpTransport, TransportEvents } from './transport.ts';

/** A connection with this many held bytes is not read until some of them are sent. Bytes. */
const MAX_HELD_PER_CONNECTION_BYTES = 256 * 1024;

interface HeldReply {
  readonly bytes: Uint8Array;
  readonly copies: number;
  readonly isCut: boolean;
  /** Of `performance.now()`, milliseconds. */
  readonly dueMs: number;
}

/**
 * A transport whose replies get the faults of their listener; each write is one reply. Replies keep their order: a
 * reply behind a held reply is held too, and so is the FIN.
 */
export class FaultyTransport implements TcpTransport, TransportEvents {
  readonly #inner: TcpTransport;
  readonly #faults: TcpFaults;
  #events: TransportEvents | undefined;
  #held: HeldReply[] = [];
  #heldBytes = 0;
  #stalled = false;
  #timer: NodeJS.Timeout | undefined;
  /** FIN follows the last held reply. */
  #isEnding = false;
  /** Set by the connection. */
  #isPaused = false;
  /** Of `performance.now()`, milliseconds. */
  #lastTraffic = performance.now();

  constructor(inner: TcpTransport, faults: TcpFaults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  get descriptor(): number {
    return this.#inner.descriptor;
  }

  get peer(): Endpoint | undefined {
    return this.#inner.peer;
  }

  get local(): Endpoint {
    return this.#inner.local;
  }

  /** Held bytes are pending as well: a drain waits for them. */
  get pendingBytes(): number {
    return this.#inner.pendingBytes + this.#heldBytes;
  }

  get isHolding(): boolean {
    return this.#held.length > 0 && this.#inner.pendingBytes === 0;
  }

  get isOpen(): boolean {
    return this.#inner.isOpen;
  }

  get isBehind(): boolean {
    return this.#inner.isBehind;
  }

  get isPaused(): boolean {
    return this.#inner.isPaused;
  }

  takeSyn(): SynHeader | undefined {
    return this.#inner.takeSyn();
  }

  takeSentBytes(): number {
    return this.#inner.takeSentBytes();
  }

  unacknowledged(queues: SendQueues): number | undefined {
    return this.#inner.unacknowledged(queues);
  }

  attach(events: TransportEvents): void {
    this.#events = events;
    this.#inner.attach(this);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isEnding) return false;
    const picked = this.#faults.pick(chunk);
    if (picked.name === 'lost') return true;
    if (picked.name === 'reset') {
      this.#break();
      return false;
    }
    this.#stalled ||= picked.stalls;
    const { bytes, copies, isCut, delayMs } = picked;
    if (this.#held.length === 0 && !this.#stalled && delayMs === 0) return this.#send(bytes, copies, isCut);
    this.#hold({ bytes: Buffer.from(bytes), copies, isCut, dueMs: performance.now() + delayMs });
    return !this.#inner.isBehind;
  }

  pause(): void {
    this.#isPaused = true;
    this.#inner.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isFull) this.#inner.resume();
  }

  end(): void {
    if (this.#held.length > 0) this.#isEnding = true;
    else this.#inner.end();
  }

  destroy(): void {
    this.#dropHeld();
    this.#inner.destroy();
  }

  reset(): void {
    this.#dropHeld();
    this.#inner.reset();
  }

  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    return this.#inner.setTimer(milliseconds, task);
  }

  yieldTurn(next: () => void): void {
    this.#inner.yieldTurn(next);
  }

  received(chunk: Buffer): void {
    this.#lastTraffic = performance.now();
    this.#events?.received(chunk);
  }

  ended(): void {
    this.#events?.ended();
  }

  writable(): void {
    this.#events?.writable();
  }

  failed(reason: ClosedReason): void {
    this.#events?.failed(reason);
  }

  cut(): void {
    this.#events?.cut();
  }

  closed(): void {
    this.#dropHeld();
    this.#events?.closed();
  }

  /** Sends the replies that the current faults do not hold. A stalled connection ends at its idle timeout. */
  review(): void {
    if (!this.#faults.stall) this.#stalled = false;
    const now = performance.now();
    if (this.#stalled && this.#faults.isIdle(now - this.#lastTraffic)) {
      this.#dropHeld();
      if (this.#isEnding) this.#inner.end();
      return;
    }
    this.#sendDue(this.#faults.holdsReplies ? now : Number.POSITIVE_INFINITY);
  }

  get #isFull(): boolean {
    return this.#heldBytes >= MAX_HELD_PER_CONNECTION_BYTES;
  }

  #send(bytes: Uint8Array, copies: number, isCut: boolean): boolean {
    this.#lastTraffic = performance.now();
    let isTaken = this.#inner.write(bytes);
    if (copies > 1) isTaken = this.#inner.write(bytes);
    if (isCut) {
      this.#dropHeld();
      this.cut();
    }
    return isTaken;
  }

  #hold(reply: HeldReply): void {
    if (!this.#faults.held.add(this, reply.bytes.length)) {
      this.#break();
      return;
    }
    this.#held.push(reply);
    this.#heldBytes += reply.bytes.length;
    if (this.#isFull) this.#inner.pause();
    this.#awaitNext();
  }

  #sendDue(nowMs: number): void {
    while (!this.#stalled && this.#held[0] && this.#held[0].dueMs <= nowMs) {
      const { bytes, copies, isCut } = this.#held.shift()!;
      this.#heldBytes -= bytes.length;
      this.#faults.held.remove(bytes.length);
      this.#send(bytes, copies, isCut);
    }
    if (this.#inner.isBehind) this.#inner.pause();
    else if (!this.#isFull && !this.#isPaused) this.#inner.resume();
    this.#awaitNext();
  }

  #awaitNext(): void {
    const [next] = this.#held;
    if (!next) {
      this.#faults.held.done(this);
      if (this.#isEnding) this.#inner.end();
    } else if (!this.#stalled && this.#timer === undefined) {
      const waitMs = Math.max(0, next.dueMs - performance.now());
      this.#timer = this.#inner.setTimer(Math.ceil(waitMs), () => {
        this.#timer = undefined;
        this.#sendDue(performance.now());
      });
    }
  }

  /** RST in place of a reply, at once; pending bytes are dropped. */
  #break(): void {
    this.failed('fault');
    this.reset();
  }

  #dropHeld(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { bytes } of this.#held.splice(0)) this.#faults.held.remove(bytes.length);
    this.#heldBytes = 0;
    this.#faults.held.done(this);
  }
}
