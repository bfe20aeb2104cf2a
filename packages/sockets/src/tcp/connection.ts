import type { Source } from '../udp/addresses.ts';
import type { ClosedReason, RefusedReason, TcpCounters } from './counters.ts';
import type { SendQueues } from './send-queues.ts';
import { MUCH_UNREAD_BYTES, type TcpWire, type WireEvents } from './transport.ts';

/**
 * How long after our FIN the peer may take to send its own. Closing at once would answer bytes that are still
 * under way with RST, and RST may cost the peer what it has not read yet (RFC 1122, 4.2.2.13). Milliseconds.
 */
const LINGER_MS = 5_000;

/**
 * A handler that writes this much at once has had its turn: the other connections of the worker get theirs before it
 * goes on. A few bytes of pipelined requests may ask for megabytes of answers and the work of making them, so handlers
 * with `drained` make about this much at a time. Bytes.
 */
export const TURN_BYTES = 16 * 1024;

/** What a protocol does with one connection. */
export interface TcpHandler {
  /** Bytes arrived; never empty. They are there during the call alone: whoever needs them longer copies them. */
  data(chunk: Buffer): void;
  /** The peer's FIN: no more bytes will come, but answers still reach it. May come before `drained`. */
  end(): void;
  /** Time for what `write` would not have queued: the peer has taken the rest, and others have had their turn. */
  drained?(): void;
}

/** Opens one conversation: called once for each connection. */
export type TcpProtocol = (connection: TcpConnection) => TcpHandler;

export interface Deadlines {
  /** A connection without traffic for this long is closed, milliseconds; 0 = never. */
  readonly idleTimeout: number;
  /** A peer that takes none of the bytes owed to it for this long is closed, milliseconds; 0 = never. */
  readonly writeTimeout: number;
}

/**
 * `identifying` (whose it is is not known yet, and no limit of that source applied) → `open` → `ending` (our FIN is
 * on its way, what comes in is discarded) → `closed`; or `refused` at once.
 */
type ConnectionState =
  | { readonly name: 'identifying' }
  | { readonly name: 'open' }
  | { readonly name: 'ending'; readonly since: number }
  | { readonly name: 'refused' }
  | { readonly name: 'closed' };

/** What connections of one listener share. `now` is its coarse monotonic clock, milliseconds. */
export interface ConnectionHome {
  readonly now: number;
  readonly counters: TcpCounters;
  readonly deadlines: Deadlines;
  /** Counts one more connection of the source, or says which limit forbids it. */
  admit(source: Source): RefusedReason | undefined;
  closed(connection: TcpConnection, admitted: Source | undefined): void;
}

const deaf: TcpHandler = { data() {}, end() {} };
/** One for all: what every connection looks at for every message stays in the cache. */
const IDENTIFYING: ConnectionState = { name: 'identifying' };
const OPEN: ConnectionState = { name: 'open' };

/** One accepted connection: backpressure, deadlines and books around a protocol's handler. */
export class TcpConnection implements WireEvents {
  protected readonly wire: TcpWire;
  readonly #home: ConnectionHome;
  readonly #openedAt = performance.now();
  #handler: TcpHandler = deaf;
  #state: ConnectionState = IDENTIFYING;
  #source: Source | undefined;
  #peerEnded = false;
  /** Why the connection ends; whoever knows first is right. */
  #reason: ClosedReason | undefined;
  /** Written by the protocol, not taken by the kernel yet. */
  #owedBytes = 0;
  #lastProgress: number;
  /** A deadline of the protocol's own, in place of the idle timeout; 0 = none. Milliseconds. */
  #deadlineMs = 0;
  #deadlineFrom = 0;
  #onDeadline: () => void = () => {};
  /** What the peer had not acknowledged when it was last looked at, since the last write that got on. */
  #unacknowledged: number | undefined;
  #endAfterAnswer = false;
  #yielding = false;

  constructor(wire: TcpWire, home: ConnectionHome) {
    this.wire = wire;
    this.#home = home;
    this.#lastProgress = home.now;
    wire.attach(this);
  }

  /** Who is at the other end of the socket itself; undefined when nobody is any more. */
  get peer(): Source | undefined {
    return this.wire.peer;
  }

  /** Whose connection it is; exists once it is open. */
  get source(): Source {
    if (!this.#source) throw new Error('the connection is not open yet');
    return this.#source;
  }

  /** Our end of the connection. */
  get local(): Source {
    return this.wire.local;
  }

  /** Hands bytes to `handler` before it is known whose connection it is. */
  identify(handler: TcpHandler): void {
    this.#handler = handler;
  }

  /**
   * Begins the conversation, or refuses it where a limit of its source forbids.
   *
   * @param early bytes of the conversation that were read while identifying
   */
  open(source: Source, protocol: TcpProtocol, early?: Buffer): void {
    const refusal = this.#home.admit(source);
    if (refusal) {
      this.#home.counters.refused[refusal].increment();
      this.#state = { name: 'refused' };
      // RST: the peer learns at once, and we keep no state for it.
      this.wire.reset();
      // At once: whoever comes in the same turn finds the place free.
      this.#home.closed(this, undefined);
      return;
    }
    this.#source = source;
    this.#state = OPEN;
    this.#book();
    this.clearDeadline();
    this.#handler = protocol(this);
    if (early && early.length > 0 && this.isOpen) this.#handler.data(early);
    if (this.#peerEnded && this.isOpen) this.#handler.end();
  }

  get isOpen(): boolean {
    return this.#state.name === 'open' && this.wire.isOpen;
  }

  /**
   * Sends bytes; reading stops while the peer does not take them, so memory stays bounded where an answer is no
   * longer than its question.
   *
   * @returns false when the peer is behind, or has been given a turn's worth at once: whoever has more to write
   * waits for `drained`
   */
  write(chunk: Uint8Array): boolean {
    if (this.#state.name !== 'open' || !this.wire.isOpen) return false;
    // Sending nothing would tell nothing but what is wrong with the connection, and only once: a read is to learn it.
    if (chunk.length === 0) return true;
    if (this.#owedBytes > 0) this.#settle();
    const taken = this.#owedBytes > 0 ? 0 : this.wire.send(chunk);
    if (taken > 0) this.#progressed(taken);
    const accepted = taken === chunk.length || this.#queue(chunk.subarray(taken));
    // Not at once: the answer may take more than one write.
    if (this.#endAfterAnswer) setImmediate(() => this.end('drain'));
    const behind = !accepted && this.#owedBytes > 0;
    const turnIsOver = chunk.length >= TURN_BYTES && this.#handler.drained !== undefined;
    if (!behind && !turnIsOver) return true;
    this.wire.pause();
    if (!behind) {
      this.#yielding = true;
      this.wire.yieldTurn(() => this.drained());
    }
    return false;
  }

  /** Has the wire send what the kernel did not take at once; false when the peer is behind. */
  #queue(rest: Uint8Array): boolean {
    this.#owedBytes += rest.length;
    // A copy: the bytes are the caller's again when `write` returns.
    const accepted = this.wire.queue(Uint8Array.prototype.slice.call(rest));
    this.#settle();
    return accepted;
  }

  /** For the wire. */
  received(chunk: Buffer): void {
    this.#home.counters.receivedBytes.add(chunk.length);
    if (this.#state.name === 'ending') return;
    this.#lastProgress = this.#home.now;
    this.#handler.data(chunk);
  }

  /** For the wire. */
  ended(): void {
    this.#reason ??= 'client';
    this.#peerEnded = true;
    if (this.#state.name !== 'ending') this.#handler.end();
  }

  /** For the wire: the handler's next turn, then the peer's next bytes, unless it has again written as much as may be. */
  drained(): void {
    this.#yielding = false;
    // It broke while others had their turn.
    if (!this.wire.isOpen) return;
    this.#settle();
    if (this.isOpen) this.#handler.drained?.();
    if (!this.#yielding && !this.wire.isBehind) this.wire.resume();
  }

  /** For the wire. */
  failed(code: string): void {
    this.#reason ??= code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'error';
  }

  /** FIN after all that is owed. What the peer still sends is read and discarded. */
  end(reason: ClosedReason = 'server'): void {
    if (this.#state.name === 'identifying') this.#book();
    else if (this.#state.name !== 'open') return;
    this.#reason ??= reason;
    this.#state = { name: 'ending', since: this.#home.now };
    this.wire.end();
    if (this.wire.isPaused) this.wire.resume();
  }

  /**
   * FIN right after the next answer: a peer that waits for answers before it asks again has nothing under way
   * at that moment.
   */
  endAfterAnswer(): void {
    this.#endAfterAnswer = true;
  }

  /** Ends the connection whatever is still owed. */
  destroy(reason: ClosedReason): void {
    this.#reason ??= reason;
    this.#settle();
    this.wire.destroy();
  }

  /**
   * Has `expire` called once when this much time has passed without another call of this, to the grain of the
   * listener's clock. Replaces the idle timeout. Time in which the peer takes what it is owed does not count.
   */
  setDeadline(milliseconds: number, expire: () => void): void {
    this.#deadlineMs = milliseconds;
    this.#deadlineFrom = performance.now();
    this.#onDeadline = expire;
  }

  /** As `setTimeout`: for what is shorter than the grain of the deadlines. Whoever sets it ends it. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    return this.wire.setTimer(milliseconds, task);
  }

  clearDeadline(): void {
    this.#deadlineMs = 0;
  }

  /** Milliseconds without traffic in either direction, to the grain of the listener's clock. */
  get quietMs(): number {
    return this.#home.now - this.#lastProgress;
  }

  get owedBytes(): number {
    return this.#owedBytes;
  }

  /** Applies the deadlines; called regularly by the listener. */
  checkDeadlines(sendQueues: SendQueues): void {
    this.#settle();
    const { idleTimeout, writeTimeout } = this.#home.deadlines;
    const { now } = this.#home;
    if (this.#owedBytes > 0) {
      if (writeTimeout > 0 && this.#refusesToRead(writeTimeout, sendQueues)) {
        this.#reason ??= 'write_timeout';
        // RST also frees what the kernel still holds for a peer that will not read it.
        this.wire.reset();
      }
    } else if (this.#state.name === 'ending') {
      const refuses = writeTimeout > 0 && this.#refusesToRead(writeTimeout, sendQueues);
      // Its FIN went out behind the last of what it was owed.
      const lingered = now - Math.max(this.#state.since, this.#lastProgress) >= LINGER_MS;
      if (!refuses && !lingered) return;
      const leavesMuch = (this.wire.unacknowledged(sendQueues) ?? 0) > MUCH_UNREAD_BYTES;
      if (leavesMuch && refuses) this.wire.reset();
      else if (lingered && !leavesMuch) this.wire.destroy();
    } else if (this.#deadlineMs > 0) {
      if (now - this.#deadlineFrom >= this.#deadlineMs) {
        this.clearDeadline();
        this.#onDeadline();
      }
    } else if (idleTimeout > 0 && this.quietMs >= idleTimeout) {
      this.end('idle');
    }
  }

  #book(): void {
    this.#home.counters.accepted.increment();
    this.#home.counters.open.add(1);
  }

  /** No write got on for `writeTimeout`, and the peer acknowledged nothing in its second half. */
  #refusesToRead(writeTimeout: number, sendQueues: SendQueues): boolean {
    if (this.quietMs >= writeTimeout) {
      const before = this.#unacknowledged;
      this.#unacknowledged = this.wire.unacknowledged(sendQueues);
      if (before === undefined || this.#unacknowledged === undefined || this.#unacknowledged >= before)
        return true;
      this.#lastProgress = this.#home.now;
    } else if (this.#unacknowledged === undefined && this.quietMs >= writeTimeout / 2) {
      this.#unacknowledged = this.wire.unacknowledged(sendQueues);
    }
    return false;
  }

  /** Books what the kernel has taken since the last time. */
  #settle(): void {
    const owed = this.wire.owedBytes;
    if (owed === this.#owedBytes) return;
    const taken = this.#owedBytes - owed;
    this.#owedBytes = owed;
    this.#progressed(taken);
  }

  #progressed(takenBytes: number): void {
    this.#home.counters.sentBytes.add(takenBytes);
    this.#lastProgress = this.#home.now;
    // The listener's clock may stand before the moment the deadline was set.
    this.#deadlineFrom = Math.max(this.#deadlineFrom, this.#home.now);
    this.#unacknowledged = undefined;
  }

  /** For the wire. */
  closed(): void {
    const { name } = this.#state;
    if (name === 'refused') return;
    this.#settle();
    this.#state = { name: 'closed' };
    // One that died before it was known whose it was comes onto the books here, to leave them at once.
    if (name === 'identifying') this.#book();
    const { counters } = this.#home;
    counters.closed[this.#reason ?? 'error'].increment();
    counters.open.add(-1);
    counters.durationSeconds.observe((performance.now() - this.#openedAt) / 1_000);
    this.#home.closed(this, this.#source);
  }
}
