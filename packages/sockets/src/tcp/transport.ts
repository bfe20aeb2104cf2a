import type { SynHeader } from '@echo-daytime/linux';
import type { Endpoint } from '../endpoint.ts';
import type { ClosedReason } from './counters.ts';
import type { SendQueues } from './send-queues.ts';

/** The events of a transport, for its connection. */
export interface TransportEvents {
  /** Received bytes, never empty. The memory is reused after the call. */
  received(chunk: Buffer): void;
  /** The peer's FIN. */
  ended(): void;
  /** The kernel has taken all pending bytes. */
  writable(): void;
  /** The transport is broken; `closed` follows. */
  failed(reason: ClosedReason): void;
  /** An injected fault has truncated a reply: the connection ends after it. */
  cut(): void;
  /** The last event; never during a call of one of the transport's methods. */
  closed(): void;
}

/**
 * A closed socket with more unread bytes than this stays in the kernel for minutes, outside all our limits. So we keep
 * the connection open until the peer has read. Fewer bytes are merely in flight to a peer that reads. Bytes.
 */
export const MAX_UNREAD_BYTES = 4 * 1024;

/** An accepted connection: moves bytes between the kernel and a TcpConnection. */
export interface TcpTransport {
  /** Number of the file descriptor, -1 where it has none. */
  readonly descriptor: number;
  /** The other end; undefined when the peer is gone. */
  readonly peer: Endpoint | undefined;
  readonly local: Endpoint;
  /** Bytes written and not taken by the kernel yet. Does not change once the transport is closed. */
  readonly pendingBytes: number;
  /** Whether faults hold all pending bytes: then the peer did not refuse to read. */
  readonly isHolding: boolean;
  /** False once the transport closes or breaks, before the event `closed`. */
  readonly isOpen: boolean;
  /** Whether the event `writable` will follow. */
  readonly isBehind: boolean;
  readonly isPaused: boolean;
  /** The SYN as it was received, once; undefined where the system kept none. */
  takeSyn(): SynHeader | undefined;
  /** How many bytes the kernel has taken since the last call. */
  takeSentBytes(): number;
  /** Bytes that the peer has not acknowledged; undefined where the system does not say. */
  unacknowledged(queues: SendQueues): number | undefined;
  /** Starts the events. Called once, before all other methods but `reset`. */
  attach(events: TransportEvents): void;
  /** Sends bytes; the caller may reuse the memory afterwards. False: wait for `writable`. */
  write(chunk: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Sends FIN after the pending bytes. Closes after the peer's FIN, when nearly all bytes are acknowledged. */
  end(): void;
  /** Closes, and drops pending bytes. */
  destroy(): void;
  /** Closes with RST, which tells the peer at once and leaves no state in the kernel. */
  reset(): void;
  /** As `setTimeout`, exact to the millisecond. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout;
  /** Calls back after the other connections of this thread have had their turn. */
  yieldTurn(next: () => void): void;
}

/** @param code such as `ECONNRESET` */
export function brokenBy(code: string): ClosedReason {
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'error';
}
