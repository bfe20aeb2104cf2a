import type { Endpoint } from '../endpoint.ts';
import type { ClosedReason } from './counters.ts';
import type { SendQueues } from './send-queues.ts';

/** What a transport tells its connection. */
export interface TransportEvents {
  /** Bytes arrived; never empty. They are there during the call alone. */
  received(chunk: Buffer): void;
  /** The peer's FIN. */
  ended(): void;
  /** The kernel has taken all that was pending. */
  writable(): void;
  /** The transport is broken; `closed` follows. */
  failed(reason: ClosedReason): void;
  /** An injected fault has cut a reply short: the connection is to end behind it. */
  cut(): void;
  /** The last call; never within a call of the transport's own methods. */
  closed(): void;
}

/**
 * A socket that is closed while its peer leaves more than this unread is kept by the kernel for minutes, where no limit
 * of ours counts it: it stays a connection. Bytes; what is under way to a peer that reads.
 */
export const MAX_UNREAD_BYTES = 4 * 1024;

/** An accepted connection as bytes: what lies between the kernel and the counters and deadlines of TcpConnection. */
export interface TcpTransport {
  /** Number of the file descriptor, -1 where it has none. */
  readonly descriptor: number;
  /** The other end; undefined when the peer is gone. */
  readonly peer: Endpoint | undefined;
  readonly local: Endpoint;
  /** Written, not taken by the kernel yet. Stays as it is once the transport is closed. */
  readonly pendingBytes: number;
  /** Whether all of that is held back here: the peer is not to blame. */
  readonly isHolding: boolean;
  /** False from the moment it closes or breaks, before `closed` tells. */
  readonly isOpen: boolean;
  /** Whether `writable` will tell that there is room again. */
  readonly isBehind: boolean;
  readonly isPaused: boolean;
  /** How many bytes the kernel has taken since this was last asked. */
  takeSentBytes(): number;
  /** Bytes on this side of the peer, as far as it is known. */
  unacknowledged(queues: SendQueues): number | undefined;
  /** Begins to tell. Called once, before anything else but `reset`. */
  attach(events: TransportEvents): void;
  /** Sends bytes, which are the caller's again when this returns. False: wait for `writable`. */
  write(chunk: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** FIN behind all that is pending. The transport closes when the peer's has come too, and it has taken nearly all. */
  end(): void;
  /** Closes, whatever is pending. */
  destroy(): void;
  /** Closes with RST: the peer learns at once, and nothing is kept for it. */
  reset(): void;
  /** As `setTimeout`, and on time. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout;
  /** Calls back when the other connections of this thread have had their turn. */
  yieldTurn(next: () => void): void;
}

/** @param code such as `ECONNRESET` */
export function brokenBy(code: string): ClosedReason {
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'error';
}
