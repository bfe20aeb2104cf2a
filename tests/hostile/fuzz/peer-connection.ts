import type { TcpConnection, TcpHandler, TcpProtocol } from '@echo-daytime/sockets';
import { promise } from '../scenario.ts';
import type { Piece } from './pieces.ts';

/** The result of a conversation, from the view of the peer. */
export interface Conversation {
  readonly answer: Buffer;
  /** Why the service ended it. */
  readonly reason: string;
}

/**
 * Runs a protocol as TcpConnection does, without a socket: it delivers no bytes while bytes are pending or after the
 * end, and calls `writable` after every write that returned false.
 *
 * @param slow whether the peer takes one write at a time
 */
export function converse(protocol: TcpProtocol, pieces: readonly Piece[], slow: boolean): Conversation {
  const connection = new PeerConnection(slow);
  const handler = protocol(connection as unknown as TcpConnection);
  const timers = new GapTimers();
  try {
    for (const { bytes, afterGap } of pieces) {
      if (afterGap) timers.fire();
      connection.settle(handler);
      if (connection.isOpen) lend(bytes, handler);
    }
    connection.settle(handler);
    if (connection.isOpen) handler.end();
    connection.settle(handler);
    promise(!connection.isOpen, () => 'the connection stays open after the FIN of its peer');
    promise(timers.pending === 0, () => 'a timer is left behind');
  } finally {
    timers.restore();
  }
  return { answer: Buffer.concat(connection.written), reason: connection.reason ?? '' };
}

/** Passes bytes to the handler and then overwrites them, as the memory is reused after the call. */
function lend(bytes: Uint8Array, handler: TcpHandler): void {
  const lent = Buffer.from(bytes);
  handler.data(lent);
  lent.fill('!');
}

/** More than any input has requests: a conversation with more turns never ends. */
const MAX_TURNS = 100_000;

class PeerConnection {
  readonly local = { address: '192.0.2.1', port: 7008 };
  readonly source = { address: '192.0.2.2', port: 40_000 };
  readonly written: Buffer[] = [];
  reason: string | undefined;
  readonly #slow: boolean;
  #behind = false;

  constructor(slow: boolean) {
    this.#slow = slow;
  }

  get isOpen(): boolean {
    return this.reason === undefined;
  }

  write(bytes: Uint8Array): boolean {
    if (!this.isOpen) return false;
    this.written.push(Buffer.from(bytes));
    this.#behind = this.#slow && bytes.length > 0;
    return !this.#behind;
  }

  end(reason = 'server'): void {
    this.reason ??= reason;
  }

  setDeadline(): void {}

  clearDeadline(): void {}

  /** Uses the timers of this thread, which GapTimers replaces. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    return setTimeout(task, milliseconds);
  }

  /** Lets the peer read everything. */
  settle(handler: TcpHandler): void {
    for (let turns = 0; this.#behind && this.isOpen; turns += 1) {
      promise(turns < MAX_TURNS, () => 'there is no end of the answer');
      this.#behind = false;
      handler.writable?.();
    }
  }
}

/** Replaces the timers of this thread, so that gaps take no real time. */
class GapTimers {
  readonly #real = { setTimeout, clearTimeout };
  #callback: (() => void) | undefined;

  constructor() {
    const set = (callback: () => void): number => {
      this.#callback = callback;
      return 1;
    };
    const clear = (): void => {
      this.#callback = undefined;
    };
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }

  get pending(): number {
    return this.#callback === undefined ? 0 : 1;
  }

  fire(): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }

  restore(): void {
    Object.assign(globalThis, this.#real);
  }
}
