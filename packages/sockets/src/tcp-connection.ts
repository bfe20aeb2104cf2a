import type { Socket } from 'node:net';
import type { SendQueues } from './send-queues.ts';
import type { ClosedReason, TcpCounters } from './tcp-counters.ts';

/**
 * How long after our FIN the peer may take to send its own. Closing at once would answer bytes that are still
 * under way with RST, and RST may cost the peer what it has not read yet (RFC 1122, 4.2.2.13). Milliseconds.
 */
const LINGER_MS = 5_000;

/** What a protocol does with one connection. Bytes handed to it are its own. */
export interface TcpHandler {
  /** Bytes arrived; never empty. */
  data(chunk: Buffer): void;
  /** The peer's FIN: no more bytes will come, but answers still reach it. */
  end(): void;
}

/** Opens one conversation: called once for each connection. */
export type TcpProtocol = (connection: TcpConnection) => TcpHandler;

export interface Deadlines {
  /** A connection without traffic for this long is closed, milliseconds; 0 = never. */
  readonly idleTimeout: number;
  /** A peer that takes none of the bytes owed to it for this long is closed, milliseconds; 0 = never. */
  readonly writeTimeout: number;
}

/** `open` → `ending` (our FIN is on its way, what comes in is discarded) → `closed`. */
type ConnectionState =
  | { readonly name: 'open' }
  | { readonly name: 'ending'; readonly since: number }
  | { readonly name: 'closed' };

/** What connections of one listener share. `now` is its coarse monotonic clock, milliseconds. */
export interface ConnectionHome {
  readonly now: number;
  readonly counters: TcpCounters;
  readonly deadlines: Deadlines;
  closed(connection: TcpConnection): void;
}

/** One accepted connection: backpressure, deadlines and books around a protocol's handler. */
export class TcpConnection {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #home: ConnectionHome;
  readonly #openedAt = performance.now();
  #state: ConnectionState = { name: 'open' };
  /** Why the connection ends; whoever knows first is right. */
  #reason: ClosedReason | undefined;
  /** Written by the protocol, not taken by the kernel yet. */
  #owedBytes = 0;
  #lastProgress: number;
  /** What the peer had not acknowledged when it was last looked at, since the last write that got on. */
  #unacknowledged: number | undefined;
  #endAfterAnswer = false;

  constructor(socket: Socket, remoteAddress: string, home: ConnectionHome, protocol: TcpProtocol) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    this.#home = home;
    this.#lastProgress = home.now;
    home.counters.accepted.increment();
    home.counters.open.add(1);

    const handler = protocol(this);
    socket.on('data', (chunk: Buffer) => {
      home.counters.receivedBytes.add(chunk.length);
      if (this.#state.name !== 'open') return;
      this.#lastProgress = home.now;
      handler.data(chunk);
      if (this.#endAfterAnswer) this.end('drain');
    });
    socket.on('end', () => {
      this.#reason ??= 'client';
      if (this.#state.name === 'open') handler.end();
    });
    socket.on('drain', () => {
      this.#settle();
      socket.resume();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#reason ??= error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'error';
    });
    socket.on('close', () => this.#closed());
  }

  /** Sends bytes; reading stops while the peer does not take them, so memory stays bounded. */
  write(chunk: Uint8Array): void {
    if (this.#state.name !== 'open') return;
    this.#owedBytes += chunk.length;
    const accepted = this.#socket.write(chunk);
    this.#settle();
    if (!accepted && this.#owedBytes > 0) this.#socket.pause();
  }

  /** FIN after all that is owed. What the peer still sends is read and discarded. */
  end(reason: ClosedReason = 'server'): void {
    if (this.#state.name !== 'open') return;
    this.#reason ??= reason;
    this.#state = { name: 'ending', since: this.#home.now };
    this.#socket.end();
    this.#socket.resume();
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
    this.#socket.destroy();
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
    if (this.#owedBytes > 0) {
      if (writeTimeout > 0 && this.#refusesToRead(writeTimeout, sendQueues)) {
        this.#reason ??= 'write_timeout';
        // RST also frees what the kernel still holds for a peer that will not read it.
        this.#socket.resetAndDestroy();
      }
    } else if (this.#state.name === 'ending') {
      if (this.#home.now - this.#state.since >= LINGER_MS) this.#socket.destroy();
    } else if (idleTimeout > 0 && this.quietMs >= idleTimeout) {
      this.end('idle');
    }
  }

  /** No write got on for `writeTimeout`, and the peer acknowledged nothing in its second half. */
  #refusesToRead(writeTimeout: number, sendQueues: SendQueues): boolean {
    if (this.quietMs >= writeTimeout) {
      const before = this.#unacknowledged;
      this.#unacknowledged = sendQueues.unacknowledged(this.#socket);
      if (before === undefined || this.#unacknowledged === undefined || this.#unacknowledged >= before)
        return true;
      this.#lastProgress = this.#home.now;
    } else if (this.#unacknowledged === undefined && this.quietMs >= writeTimeout / 2) {
      this.#unacknowledged = sendQueues.unacknowledged(this.#socket);
    }
    return false;
  }

  /** Books what the kernel has taken since the last time. */
  #settle(): void {
    const owed = this.#socket.writableLength;
    if (owed === this.#owedBytes) return;
    this.#home.counters.sentBytes.add(this.#owedBytes - owed);
    this.#owedBytes = owed;
    this.#lastProgress = this.#home.now;
    this.#unacknowledged = undefined;
  }

  #closed(): void {
    // A destroyed stream forgets what it still held, as if it had been sent.
    if (this.#socket.writableFinished) this.#settle();
    this.#state = { name: 'closed' };
    const { counters } = this.#home;
    counters.closed[this.#reason ?? 'error'].increment();
    counters.open.add(-1);
    counters.durationSeconds.observe((performance.now() - this.#openedAt) / 1_000);
    this.#home.closed(this);
  }
}
