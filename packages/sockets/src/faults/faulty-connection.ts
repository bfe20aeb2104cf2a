import { type ConnectionHome, TcpConnection } from '../tcp/connection.ts';
import type { ClosedReason } from '../tcp/counters.ts';
import type { TcpWire } from '../tcp/transport.ts';
import type { TcpFaults } from './tcp-faults.ts';

/** A connection that holds this much is not read any more until some of it is sent. Bytes. */
const MAX_HELD_PER_CONNECTION_BYTES = 256 * 1024;

interface HeldAnswer {
  readonly bytes: Uint8Array;
  readonly copies: number;
  readonly isCut: boolean;
  /** Of `performance.now()`, milliseconds. */
  readonly dueMs: number;
}

/**
 * A connection whose answers, which are what its protocol writes at once, suffer the faults of its listener. They keep
 * their order: what comes after an answer that waits waits as well, the FIN too.
 */
export class FaultyConnection extends TcpConnection {
  readonly #home: ConnectionHome;
  readonly #faults: TcpFaults;
  #held: HeldAnswer[] = [];
  #heldBytes = 0;
  #stalled = false;
  #timer: NodeJS.Timeout | undefined;
  /** Why the connection ends once nothing is held any more. */
  #endReason: ClosedReason | undefined;

  constructor(wire: TcpWire, home: ConnectionHome, faults: TcpFaults) {
    super(wire, home);
    this.#home = home;
    this.#faults = faults;
  }

  override write(chunk: Uint8Array): boolean {
    // Nothing is no answer: a dialog without a greeting "writes" one.
    if (chunk.length === 0 || !super.isOpen) return super.write(chunk);
    if (this.#endReason !== undefined) return false;
    const fate = this.#faults.fateOf(chunk);
    if (fate.name === 'lost') return true;
    if (fate.name === 'reset') {
      this.#reset();
      return false;
    }
    this.#stalled ||= fate.stalls;
    const { bytes, copies, isCut, delayMs } = fate;
    if (this.#held.length === 0 && !this.#stalled && delayMs === 0) return this.#send(bytes, copies, isCut);
    this.#hold({ bytes: Buffer.from(bytes), copies, isCut, dueMs: performance.now() + delayMs });
    // The peer is not behind, and what it is owed is bounded.
    return true;
  }

  override end(reason: ClosedReason = 'server'): void {
    if (this.#held.length > 0 && !this.#isIdle) {
      this.#endReason ??= reason;
      return;
    }
    this.#forget();
    super.end(reason);
  }

  override drained(): void {
    super.drained();
    // It would read again.
    this.#pauseWhenFull();
  }

  override closed(): void {
    this.#forget();
    super.closed();
  }

  /** What is held is owed as well: a drain waits for it. */
  override get owedBytes(): number {
    return super.owedBytes + this.#heldBytes;
  }

  /** Sends what the faults of now do not hold back. */
  review(): void {
    if (!this.#faults.stall) this.#stalled = false;
    this.#sendDue(this.#faults.holdsAnswers ? performance.now() : Number.POSITIVE_INFINITY);
  }

  /** Nobody has used a stalled connection for so long that it ends like any other. */
  get #isIdle(): boolean {
    const { idleTimeout } = this.#home.deadlines;
    return this.#stalled && idleTimeout > 0 && this.quietMs >= idleTimeout;
  }

  #send(bytes: Uint8Array, copies: number, isCut: boolean): boolean {
    let taken = super.write(bytes);
    if (copies > 1) taken = super.write(bytes);
    if (isCut) {
      this.#forget();
      super.end('fault');
    }
    return taken;
  }

  #hold(answer: HeldAnswer): void {
    if (!this.#faults.held.add(this, answer.bytes.length)) {
      this.#reset();
      return;
    }
    this.#held.push(answer);
    this.#heldBytes += answer.bytes.length;
    this.#pauseWhenFull();
    this.#awaitNext();
  }

  #sendDue(nowMs: number): void {
    while (!this.#stalled && this.#held[0] && this.#held[0].dueMs <= nowMs) {
      const { bytes, copies, isCut } = this.#held.shift()!;
      this.#heldBytes -= bytes.length;
      this.#faults.held.remove(bytes.length);
      this.#send(bytes, copies, isCut);
    }
    if (this.#heldBytes < MAX_HELD_PER_CONNECTION_BYTES && !this.wire.isBehind) {
      this.wire.resume();
    }
    this.#awaitNext();
  }

  #awaitNext(): void {
    const [next] = this.#held;
    if (!next) {
      this.#faults.held.done(this);
      if (this.#endReason !== undefined) super.end(this.#endReason);
    } else if (!this.#stalled && this.#timer === undefined) {
      const waitMs = Math.max(0, next.dueMs - performance.now());
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#sendDue(performance.now());
      }, Math.ceil(waitMs));
    }
  }

  #pauseWhenFull(): void {
    if (this.#heldBytes >= MAX_HELD_PER_CONNECTION_BYTES) this.wire.pause();
  }

  #reset(): void {
    this.#forget();
    this.wire.reset();
    // Now, whatever is still to be written, and with its reason.
    this.destroy('fault');
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { bytes } of this.#held.splice(0)) this.#faults.held.remove(bytes.length);
    this.#heldBytes = 0;
    this.#faults.held.done(this);
  }
}
