import type { OnReadOpts, Socket } from 'node:net';
import { type IpAddress, isLocalAddress, reachableText } from '@echo-daytime/addresses';
import { openMarkedTcp, type TcpInfo } from '@echo-daytime/linux';
import { listenOverflows } from '@echo-daytime/linux/proc';
import { type CancelWake, type Clock, onDeadline } from '../sampling/clock.ts';
import { hostPort } from '../targets/target.ts';
import type { AddressAttempt, Failed } from './each-address.ts';
import { dialFailure, type FlowFailure, flowFailure, markAsOwn } from './failure.ts';
import { fullAcceptQueue, synsSent } from './kernel.ts';
import { TcpSocket } from './tcp-socket.ts';

/**
 * After this time the kernel's count of dropped connections is read, milliseconds. Most connects are done by then, and
 * Linux sends the second SYN only after a second.
 */
const SLOW_CONNECT_MS = 100;

export interface DialOptions {
  /** Milliseconds of the clock. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** A FIN of the peer does not end our own side. */
  readonly allowHalfOpen?: boolean;
  /** Silence after which the kernel sends TCP keep-alive probes, milliseconds; undefined = never. */
  readonly keepAliveMs?: number | undefined;
  /** The source port; one that the system chooses where it is undefined. */
  readonly localPort?: number | undefined;
  /** A connect of a command, not of a sample: it may take the time to read more from the kernel, before and after. */
  readonly isByHand?: boolean;
  /** Tells what the kernel knows of the connection. */
  readonly tcpInfo?: TcpInfo | undefined;
  /** The whole byte, DSCP and ECN, of every packet; the system's default where it is undefined. */
  readonly trafficClass?: number | undefined;
}

export interface OpenedTcp {
  readonly socket: TcpSocket;
  /** `host:port` */
  readonly remote: string;
  /** The time of the handshake. */
  readonly connectMs: number;
}

/** Connects to one address of several. The socket is paused and has no listeners. */
export function tcpAttempt(port: number, options: DialOptions): AddressAttempt<OpenedTcp> {
  return {
    port,
    open: (address, signal) => dialTcp(address, port, { ...options, signal }),
    discard: ({ socket }) => discard(socket),
    silence: silentConnect,
  };
}

/**
 * Connects to one address.
 *
 * @returns a paused socket without listeners
 * @throws the signal's reason when aborted
 */
export function dialTcp(
  to: IpAddress,
  port: number,
  options: DialOptions & { readonly signal: AbortSignal },
): Promise<OpenedTcp | Failed> {
  const {
    allowHalfOpen = false,
    clock,
    deadlineMs,
    isByHand = false,
    keepAliveMs,
    localPort,
    signal,
    tcpInfo,
    trafficClass,
  } = options;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<OpenedTcp | Failed>();
  const remote = hostPort(to.address, port);
  let overflows = isByHand ? localOverflows(to) : undefined;
  const startMs = clock.now();
  const socket = connectTcp(to, port, { allowHalfOpen, localPort, tcpInfo, trafficClass });
  if (keepAliveMs !== undefined) socket.setKeepAlive(true, keepAliveMs);
  const done = (): void => {
    for (const cancel of cancels) cancel();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners('connect');
    socket.removeAllListeners('error');
  };
  const fail = (failure: FlowFailure): void => {
    done();
    discard(socket);
    resolve({ failure: { ...failure, tcp: socket.stats() } });
  };
  const expire = (): void => {
    const syns = isByHand ? synsSent(socket.localPort ?? 0) : undefined;
    const full = fullAcceptQueue(to.address, port, overflows);
    fail(silentConnect(remote, Math.round(clock.now() - startMs), syns, full));
  };
  const cancels: CancelWake[] = [onDeadline(clock, deadlineMs, expire)];
  if (!isByHand && startMs + SLOW_CONNECT_MS < deadlineMs) {
    cancels.push(
      onDeadline(clock, startMs + SLOW_CONNECT_MS, () => {
        overflows = localOverflows(to);
      }),
    );
  }
  const abort = (): void => {
    done();
    discard(socket);
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort);
  socket.once('connect', () => {
    socket.connected();
    done();
    resolve({ socket, remote, connectMs: clock.now() - startMs });
  });
  socket.once('error', (error) => fail(dialFailure(error, remote, to.family, localPort)));
  return promise;
}

/** The failure of a connect without a reply. A dropped SYN and a full accept queue look the same; only the kernel knows. */
function silentConnect(remote: string, waitedMs: number, syns?: number, fullQueue?: string): FlowFailure {
  const nothing = `no connection to ${remote} within ${waitedMs} ms`;
  const tries = syns === undefined ? '' : `; ${syns === 1 ? 'one SYN was' : `${syns} SYNs were`} sent`;
  if (fullQueue !== undefined) return flowFailure('backlog_full', `${nothing}${tries}; ${fullQueue}`);
  const why = tries === '' ? ': dropped on the way, or the listener has a full backlog' : tries;
  return flowFailure('connect_timeout', nothing + why);
}

function localOverflows({ address }: IpAddress): number | undefined {
  return isLocalAddress(address) ? listenOverflows() : undefined;
}

function discard(socket: Socket): void {
  // A destroyed socket may still report an error.
  socket.on('error', () => {});
  socket.destroy();
}

export interface TcpSocketOptions {
  readonly allowHalfOpen?: boolean;
  readonly localPort?: number | undefined;
  readonly onread?: OnReadOpts;
  readonly tcpInfo?: TcpInfo | undefined;
  readonly trafficClass?: number | undefined;
}

/** Starts a connect. Every error, also one about the zone of the address, comes as an event of the socket. */
export function connectTcp(to: IpAddress, port: number, options: TcpSocketOptions = {}): TcpSocket {
  try {
    const host = reachableText(to);
    const { localPort, ...more } = options;
    const socket = unconnected(to.family, more);
    socket.connect({ host, port, family: to.family, ...(localPort !== undefined && { localPort }) });
    process.nextTick(markEarlyFailure, socket);
    return socket;
  } catch (error) {
    return new TcpSocket({}, undefined).destroy(error as Error);
  }
}

function unconnected(family: 4 | 6, { tcpInfo, trafficClass, ...more }: TcpSocketOptions): TcpSocket {
  const options = { noDelay: true, ...more };
  if (trafficClass === undefined) return new TcpSocket(options, tcpInfo);
  // Without manualStart Node would read at once, and fail because there is no connection yet.
  const marked = { ...options, fd: openMarkedTcp(family, trafficClass), manualStart: true };
  return new TcpSocket(marked, tcpInfo);
}

/** Node connects in the next tick. A socket that is destroyed by then failed on this host: no packet was sent. */
function markEarlyFailure(socket: Socket): void {
  if (socket.destroyed) socket.prependOnceListener('error', markAsOwn);
}
