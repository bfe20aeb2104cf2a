import type { Socket } from 'node:net';
import type { IpAddress } from '@echo-daytime/addresses';
import { type Clock, onDeadline } from '../sampling/clock.ts';
import { hostPort } from '../targets/target.ts';
import { connectTcp } from './connect-socket.ts';
import type { AddressAttempt, Failed } from './each-address.ts';
import { type FlowFailure, failureOfDial } from './flow-failure.ts';

/** Says what may be behind a silence, once the time is over. */
export type SilenceWords = (socket: Socket, waitedMs: number) => FlowFailure;

export interface TcpOptions {
  /** Milliseconds of the clock. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** A FIN of the peer does not end our own side. */
  readonly allowHalfOpen?: boolean;
  /** Silence after which the kernel asks whether the peer is still there, milliseconds; none = it never does. */
  readonly keepAliveMs?: number | undefined;
  /** Is asked before the connect, for what has to be known by then. */
  readonly watchSilence?: (to: IpAddress, port: number) => SilenceWords;
}

export interface OpenedTcp {
  readonly socket: Socket;
  readonly peer: string;
  /** What the handshake took. */
  readonly connectMs: number;
}

/** Connects to one of some addresses: a paused socket without listeners. */
export function tcpAttempt(port: number, options: TcpOptions): AddressAttempt<OpenedTcp> {
  return {
    open: (address, signal) => openTcp(address, port, { ...options, signal }),
    discard: ({ socket }) => discard(socket),
    silence: (address, waitedMs) => silenceOf(hostPort(address.address, port), waitedMs),
  };
}

/**
 * Connects to one address.
 *
 * @returns a paused socket without listeners
 * @throws the signal's reason when aborted
 */
export function openTcp(
  address: IpAddress,
  port: number,
  options: TcpOptions & { readonly signal: AbortSignal },
): Promise<OpenedTcp | Failed> {
  const { allowHalfOpen = false, clock, deadlineMs, keepAliveMs, signal, watchSilence } = options;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<OpenedTcp | Failed>();
  const peer = hostPort(address.address, port);
  const silenceWords = watchSilence?.(address, port);
  const startMs = clock.now();
  const socket = connectTcp(address, port, { allowHalfOpen });
  if (keepAliveMs !== undefined) socket.setKeepAlive(true, keepAliveMs);
  const done = (): void => {
    cancel();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners('connect');
    socket.removeAllListeners('error');
  };
  const fail = (failure: FlowFailure): void => {
    done();
    discard(socket);
    resolve({ failure });
  };
  const cancel = onDeadline(clock, deadlineMs, () => {
    const waitedMs = Math.round(clock.now() - startMs);
    fail(silenceWords?.(socket, waitedMs) ?? silenceOf(peer, waitedMs));
  });
  const abort = (): void => {
    done();
    discard(socket);
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort);
  socket.once('connect', () => {
    done();
    resolve({ socket, peer, connectMs: clock.now() - startMs });
  });
  socket.once('error', (error) => fail(failureOfDial(error, peer, address.family)));
  return promise;
}

function discard(socket: Socket): void {
  // A destroyed socket may still report an error of its own.
  socket.on('error', () => {});
  socket.destroy();
}

/** From here the two look the same: the SYN, or the ACK that ends the handshake, goes unanswered. */
function silenceOf(peer: string, waitedMs: number): FlowFailure {
  const why = 'dropped on the way, or the listener has a full backlog';
  return { kind: 'connect_timeout', words: `no connection to ${peer} within ${waitedMs} ms: ${why}` };
}
