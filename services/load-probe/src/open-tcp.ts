import { connect, type Socket } from 'node:net';
import { type Clock, onDeadline } from './clock.ts';
import type { Address } from './find-addresses.ts';
import { type FlowFailure, failureOfDial } from './flow-failure.ts';
import { isLocalAddress, listenOverflows, synsSent, waitingToBeAccepted } from './kernel-tcp.ts';
import { hostPort } from './target.ts';

export interface DialOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Silence after which the kernel asks whether the peer is still there, milliseconds; none = it never does. */
  readonly keepAliveMs?: number | undefined;
}

export type OpenedTcp =
  | { readonly socket: Socket; readonly peer: string; readonly connectMs: number }
  | { readonly socket?: never; readonly peer: string; readonly failure: FlowFailure };

/**
 * Connects to one address.
 *
 * @returns a paused, half-open socket without listeners
 * @throws the signal's reason when aborted
 */
export function openTcp(
  { address, family }: Address,
  port: number,
  options: DialOptions,
): Promise<OpenedTcp> {
  const { clock, keepAliveMs, signal, timeoutMs } = options;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<OpenedTcp>();
  const peer = hostPort(address, port);
  const isLocal = isLocalAddress(address);
  const overflowsBefore = isLocal ? listenOverflows() : undefined;
  const startMs = clock.now();
  const socket = connect({ host: address, port, family, noDelay: true, allowHalfOpen: true });
  if (keepAliveMs !== undefined) socket.setKeepAlive(true, keepAliveMs);
  const done = (): void => {
    cancel();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners('connect');
    socket.removeAllListeners('error');
  };
  const giveUp = (): void => {
    done();
    // A destroyed socket may still report an error of its own.
    socket.on('error', () => {});
    socket.destroy();
  };
  const cancel = onDeadline(clock, startMs + timeoutMs, () => {
    const silence = { peer, timeoutMs, syns: synsSent(socket.localPort ?? 0) };
    const queue = isLocal ? acceptQueue(address, port, overflowsBefore) : undefined;
    giveUp();
    resolve({ peer, failure: silenceOfDial(silence, queue) });
  });
  const abort = (): void => {
    giveUp();
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort);
  socket.once('connect', () => {
    done();
    resolve({ socket, peer, connectMs: clock.now() - startMs });
  });
  socket.once('error', (error) => {
    giveUp();
    resolve({ peer, failure: failureOfDial(error, peer, family) });
  });
  return promise;
}

interface AcceptQueue {
  readonly waiting: number;
  /** Connections that this host dropped meanwhile because some accept queue was full. */
  readonly dropped: number;
}

function acceptQueue(
  address: string,
  port: number,
  overflowsBefore: number | undefined,
): AcceptQueue | undefined {
  const waiting = waitingToBeAccepted(address, port);
  const overflows = listenOverflows();
  if (waiting === undefined || overflows === undefined || overflowsBefore === undefined) return undefined;
  return { waiting, dropped: overflows - overflowsBefore };
}

interface Silence {
  readonly peer: string;
  readonly timeoutMs: number;
  readonly syns: number | undefined;
}

function silenceOfDial({ peer, timeoutMs, syns }: Silence, queue: AcceptQueue | undefined): FlowFailure {
  const tries = syns === undefined ? '' : `; ${syns === 1 ? 'one SYN was' : `${syns} SYNs were`} sent`;
  const nothing = `no connection to ${peer} within ${timeoutMs} ms${tries}`;
  if (queue && queue.waiting > 0 && queue.dropped > 0) {
    const connections = queue.waiting === 1 ? 'connection waits' : 'connections wait';
    return {
      kind: 'backlog_full',
      words:
        `${nothing}; the accept queue of the listener, which is on this host, is full: ` +
        `${queue.waiting} ${connections} to be accepted, and this host dropped ${queue.dropped} more meanwhile`,
    };
  }
  return { kind: 'connect_timeout', words: nothing };
}
