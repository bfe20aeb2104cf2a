import type { Source } from '../udp/addresses.ts';
import type { SendQueues } from './send-queues.ts';

/** Who is told of what happens on a wire. */
export interface WireEvents {
  /** Bytes arrived; never empty. They are there during the call alone. */
  received(chunk: Buffer): void;
  /** The peer's FIN. */
  ended(): void;
  /** The kernel has taken all that was queued. */
  drained(): void;
  /** It is broken; `closed` follows. @param code such as `ECONNRESET` */
  failed(code: string): void;
  /** The last call; never within a call of the wire's own methods. */
  closed(): void;
}

/**
 * A socket that is closed while its peer leaves more than this unread is kept by the kernel for minutes, where no limit
 * of ours counts it: it stays a connection. Bytes; what is under way to a peer that reads.
 */
export const MUCH_UNREAD_BYTES = 4 * 1024;

/** An accepted connection as bytes: what lies between the kernel and the books and deadlines of TcpConnection. */
export interface TcpWire {
  /** Number of the file descriptor, -1 where it has none. */
  readonly descriptor: number;
  /** Who is at the other end; undefined when nobody is any more. */
  readonly peer: Source | undefined;
  readonly local: Source;
  /** Queued, not taken by the kernel yet. Stays as it is once the wire is closed. */
  readonly owedBytes: number;
  /** False from the moment it closes or breaks, before `closed` tells. */
  readonly isOpen: boolean;
  /** Whether `drained` will tell that there is room again. */
  readonly isBehind: boolean;
  readonly isPaused: boolean;
  /** Bytes on this side of the peer, as far as it is known. */
  unacknowledged(queues: SendQueues): number | undefined;
  /** Begins to tell. Called once, before anything else but `reset`. */
  attach(events: WireEvents): void;
  /** How many of the bytes the kernel took at once. Only while nothing is queued. */
  send(chunk: Uint8Array): number;
  /** Takes bytes to be sent when the kernel has room; they are the wire's own from now on. False: wait for `drained`. */
  queue(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** FIN behind all that is queued. The wire closes when the peer's has come too, and it has taken nearly all. */
  end(): void;
  /** Closes, whatever is queued. */
  destroy(): void;
  /** Closes with RST: the peer learns at once, and nothing is kept for it. */
  reset(): void;
  /** As `setTimeout`, and on time. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout;
  /** Calls back when the other connections of this thread have had their turn. */
  yieldTurn(next: () => void): void;
}
