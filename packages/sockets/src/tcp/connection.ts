import type { SynHeader } from '@echo-daytime/linux';
import type { Endpoint } from '../endpoint.ts';
import { type ConnectionState, IDENTIFYING, OPEN } from './connection-state.ts';
import type { ClosedReason, RefusedReason, TcpCounters } from './counters.ts';
import { type Deadlines, LINGER_MS } from './deadlines.ts';
import { ignore, type TcpHandler, TURN_BYTES } from './handler.ts';
import type { SendQueues } from './send-queues.ts';
import { MAX_UNREAD_BYTES, type TcpTransport, type TransportEvents } from './transport.ts';

/** Starts the protocol on one connection: called once for each. */
export type TcpProtocol = (connection: TcpConnection) => TcpHandler;

/** The listener of a connection, as the connection sees it. `now` is its coarse monotonic clock, milliseconds. */
export interface ConnectionOwner {
  readonly now: number;
  readonly counters: TcpCounters;
  readonly deadlines: Deadlines;
  /** Counts one more connection of the source, or says which limit forbids it. */
  admit(source: Endpoint): RefusedReason | undefined;
  closed(connection: TcpConnection, admitted: Endpoint | undefined): void;
}

/** One accepted connection: backpressure, deadlines and counters around a protocol's handler. */
export class TcpConnection implements TransportEvents {
  readonly #transport: TcpTransport;
  readonly #owner: ConnectionOwner;
  readonly #openedAt = performance.now();
  #handler: TcpHandler = ignore;
  #state: ConnectionState = IDENTIFYING;
  #source: Endpoint | undefined;
  #peerEnded = false;
  /** Why the connection ends: the first reason wins. */
  #reason: ClosedReason | undefined;
  #lastProgress: number;
  /** The protocol's own deadline, in place of the idle timeout; 0 = none. Milliseconds. */
  #deadlineMs = 0;
  #deadlineFrom = 0;
  #onDeadline: () => void = () => {};
  /** Bytes that the peer had not acknowledged at the last check; undefined again when a write makes progress. */
  #unacknowledged: number | undefined;
  #endAfterReply = false;
  #yielding = false;

  constructor(transport: TcpTransport, owner: ConnectionOwner) {
    this.#transport = transport;
    this.#owner = owner;
    this.#lastProgress = owner.now;
    transport.attach(this);
  }

  /** The other end of the socket itself; undefined when it is gone. */
  get peer(): Endpoint | undefined {
    return this.#transport.peer;
  }

  /** The client's address, also where a proxy is between; exists once the connection is open. */
  get source(): Endpoint {
    if (!this.#source) throw new Error('the connection is not open yet');
    return this.#source;
  }

  /** Our end of the connection. */
  get local(): Endpoint {
    return this.#transport.local;
  }

  /** The SYN as it was received, once; undefined where the system kept none, and without `saveSyn` of the listener. */
  takeSyn(): SynHeader | undefined {
    return this.#transport.takeSyn();
  }

  /** Hands bytes to `handler` before the source is known. */
  identify(handler: TcpHandler): void {
    this.#handler = handler;
  }

  /**
   * Starts the protocol, or refuses the connection where a limit of its source is reached.
   *
   * @param early bytes for the protocol that were read while identifying
   */
  open(source: Endpoint, protocol: TcpProtocol, early?: Buffer): void {
    const refusal = this.#owner.admit(source);
    if (refusal) {
      this.#owner.counters.refused[refusal].increment();
      this.#state = { name: 'refused' };
      // RST tells the peer at once, and leaves no state in the kernel.
      this.#transport.reset();
      // Released now, not at `closed`: the next connection of this turn must not be refused for this one.
      this.#owner.closed(this, undefined);
      return;
    }
    this.#source = source;
    this.#state = OPEN;
    this.#countAccepted();
    this.clearDeadline();
    this.#handler = protocol(this);
    if (early && early.length > 0 && this.isOpen) this.#handler.data(early);
    if (this.#peerEnded && this.isOpen) this.#handler.end();
  }

  get isOpen(): boolean {
    return this.#state.name === 'open' && this.#transport.isOpen;
  }

  /**
   * Sends bytes. Reading pauses while bytes are pending, so memory stays bounded where a reply is no longer than its
   * request.
   *
   * @returns false when bytes are pending, or when the handler has written TURN_BYTES at once: it continues at
   * `writable`
   */
  write(chunk: Uint8Array): boolean {
    if (this.#state.name !== 'open' || !this.#transport.isOpen) return false;
    // A write of 0 bytes would only consume the error of a broken socket (SO_ERROR), and the next read would miss it.
    if (chunk.length === 0) return true;
    const isTaken = this.#transport.write(chunk);
    this.#countSent();
    // Not in this call: the reply may take more than one write.
    if (this.#endAfterReply) setImmediate(() => this.end('drain'));
    const turnIsOver = chunk.length >= TURN_BYTES && this.#handler.writable !== undefined;
    if (isTaken && !turnIsOver) return true;
    this.#transport.pause();
    if (isTaken) {
      this.#yielding = true;
      this.#transport.yieldTurn(() => this.writable());
    }
    return false;
  }

  /** For the transport. */
  received(chunk: Buffer): void {
    this.#owner.counters.receivedBytes.add(chunk.length);
    if (this.#state.name === 'ending') return;
    this.#lastProgress = this.#owner.now;
    this.#handler.data(chunk);
  }

  /** For the transport. */
  ended(): void {
    this.#reason ??= 'client';
    this.#peerEnded = true;
    if (this.#state.name !== 'ending') this.#handler.end();
  }

  /** For the transport: the handler writes on. Then reading resumes, unless it has again written TURN_BYTES. */
  writable(): void {
    this.#yielding = false;
    // The transport may have broken during the turns of other connections.
    if (!this.#transport.isOpen) return;
    this.#countSent();
    if (this.isOpen) this.#handler.writable?.();
    if (!this.#yielding && !this.#transport.isBehind) this.#transport.resume();
  }

  /** For the transport. */
  failed(reason: ClosedReason): void {
    this.#reason ??= reason;
  }

  /** For the transport. */
  cut(): void {
    this.end('fault');
  }

  /** Sends FIN after the pending bytes. Bytes that the peer still sends are read and discarded. */
  end(reason: ClosedReason = 'server'): void {
    if (this.#state.name === 'identifying') this.#countAccepted();
    else if (this.#state.name !== 'open') return;
    this.#reason ??= reason;
    this.#state = { name: 'ending', since: this.#owner.now };
    this.#transport.end();
    if (this.#transport.isPaused) this.#transport.resume();
  }

  /**
   * Sends FIN right after the next reply. A peer that waits for each reply before its next request has nothing in
   * flight at that moment.
   */
  endAfterReply(): void {
    this.#endAfterReply = true;
  }

  /** Closes the connection, and drops pending bytes. */
  destroy(reason: ClosedReason): void {
    this.#reason ??= reason;
    this.#countSent();
    this.#transport.destroy();
  }

  /**
   * Calls `expire` once after this time, unless `setDeadline` is called again. Exact to a tick of the listener's clock.
   * Replaces the idle timeout. Time in which the peer takes pending bytes does not count.
   */
  setDeadline(milliseconds: number, expire: () => void): void {
    this.#deadlineMs = milliseconds;
    this.#deadlineFrom = performance.now();
    this.#onDeadline = expire;
  }

  /** As `setTimeout`, for times shorter than a tick of the listener's clock. It outlives the connection. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    return this.#transport.setTimer(milliseconds, task);
  }

  clearDeadline(): void {
    this.#deadlineMs = 0;
  }

  /** Milliseconds without traffic in either direction, exact to a tick of the listener's clock. */
  get quietMs(): number {
    return this.#owner.now - this.#lastProgress;
  }

  get pendingBytes(): number {
    return this.#transport.pendingBytes;
  }

  /** Applies the deadlines; called regularly by the listener. */
  checkDeadlines(sendQueues: SendQueues): void {
    this.#countSent();
    const { idleTimeout, writeTimeout } = this.#owner.deadlines;
    const { now } = this.#owner;
    if (this.#transport.pendingBytes > 0) {
      if (writeTimeout > 0 && !this.#transport.isHolding && this.#refusesToRead(writeTimeout, sendQueues)) {
        this.#reason ??= 'write_timeout';
        // RST also frees the kernel's send buffer, which this peer will never read.
        this.#transport.reset();
      }
    } else if (this.#state.name === 'ending') {
      const refuses = writeTimeout > 0 && this.#refusesToRead(writeTimeout, sendQueues);
      // Our FIN followed the last pending byte. A peer that has sent FIN has no bytes in flight to us.
      const lingered = this.#peerEnded || now - Math.max(this.#state.since, this.#lastProgress) >= LINGER_MS;
      if (!refuses && !lingered) return;
      const leavesUnread = (this.#transport.unacknowledged(sendQueues) ?? 0) > MAX_UNREAD_BYTES;
      if (leavesUnread && refuses) this.#transport.reset();
      else if (lingered && !leavesUnread) this.#transport.destroy();
    } else if (this.#deadlineMs > 0) {
      if (now - this.#deadlineFrom >= this.#deadlineMs) {
        this.clearDeadline();
        this.#onDeadline();
      }
    } else if (idleTimeout > 0 && this.quietMs >= idleTimeout) {
      this.end('idle');
    }
  }

  #countAccepted(): void {
    this.#owner.counters.accepted.increment();
    this.#owner.counters.open.add(1);
  }

  /** No write made progress for `writeTimeout`, and the peer acknowledged nothing in the second half of it. */
  #refusesToRead(writeTimeout: number, sendQueues: SendQueues): boolean {
    if (this.quietMs >= writeTimeout) {
      const before = this.#unacknowledged;
      this.#unacknowledged = this.#transport.unacknowledged(sendQueues);
      if (before === undefined || this.#unacknowledged === undefined || this.#unacknowledged >= before)
        return true;
      this.#lastProgress = this.#owner.now;
    } else if (this.#unacknowledged === undefined && this.quietMs >= writeTimeout / 2) {
      this.#unacknowledged = this.#transport.unacknowledged(sendQueues);
    }
    return false;
  }

  /** Counts the bytes that the kernel has taken since the last call. */
  #countSent(): void {
    const sentBytes = this.#transport.takeSentBytes();
    if (sentBytes === 0) return;
    this.#owner.counters.sentBytes.add(sentBytes);
    this.#lastProgress = this.#owner.now;
    // The listener's clock is coarse: it may be earlier than the time at which the deadline was set.
    this.#deadlineFrom = Math.max(this.#deadlineFrom, this.#owner.now);
    this.#unacknowledged = undefined;
  }

  /** For the transport. */
  closed(): void {
    const { name } = this.#state;
    if (name === 'refused') return;
    this.#countSent();
    this.#state = { name: 'closed' };
    // A connection that died before its source was known is counted here, as accepted and as closed.
    if (name === 'identifying') this.#countAccepted();
    const { counters } = this.#owner;
    counters.closed[this.#reason ?? 'error'].increment();
    counters.open.add(-1);
    counters.durationSeconds.observe((performance.now() - this.#openedAt) / 1_000);
    this.#owner.closed(this, this.#source);
  }
}
