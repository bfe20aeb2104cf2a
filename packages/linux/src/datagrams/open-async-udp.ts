import { setTimeout } from 'node:timers';
import { NodeEpoll } from '../epoll/node-epoll.ts';
import { openLibc } from '../ffi.ts';
import { AsyncUdp } from './async-udp.ts';
import { AsyncUdpSocket } from './async-udp-socket.ts';

/** Maximum time of the check, which on loopback takes a millisecond. Milliseconds. */
const MAX_WAIT_MS = 5_000;
/** The errors of a host without IPv6, where IPv6 is not checked. */
const ABSENT: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];
const PAYLOAD = 'a datagram to be told of';
/** Values that are no system's default. */
const HEADER = { ttl: 77, trafficClass: 0x28 };
/** Tolerates a clock that is set during the check, but not a wrong unit. Milliseconds. */
const STAMP_TOLERANCE_MS = 60_000;

/** By family: the report about a datagram to a port without a listener. */
const families = [
  { family: 4, host: '127.0.0.1', refused: { version: 4, type: 3, code: 3, mtu: 0, reporter: '127.0.0.1' } },
  { family: 6, host: '::1', refused: { version: 6, type: 1, code: 4, mtu: 0, reporter: '0:0:0:0:0:0:0:1' } },
] as const;

interface Found {
  received?: typeof HEADER & { readonly text: string; readonly isStamped: boolean };
  stamped?: object;
  reported?: object;
}

/** Where a part of the check does not come, though it was waited for. */
const NOTHING_CAME: Required<Record<keyof Found, string>> = {
  received: 'no datagram arrives on loopback: a firewall of this host drops it',
  stamped: 'the kernel does not tell when it sends a datagram',
  reported: 'no ICMP message arrives, not even on loopback: a firewall of this host drops them',
};

let opening: Promise<AsyncUdp | { readonly reason: string }> | undefined;

/** @returns the shared parts of this thread's sockets, or why this system can't have such sockets */
export function openAsyncUdp(): Promise<AsyncUdp | { readonly reason: string }> {
  opening ??= open();
  return opening;
}

async function open(): Promise<AsyncUdp | { readonly reason: string }> {
  const libc = openLibc();
  if ('reason' in libc) return libc;
  const epoll = await NodeEpoll.open(libc);
  if ('reason' in epoll) return epoll;
  try {
    const udp = new AsyncUdp(libc, epoll);
    const reason = await asyncUdpMismatch(udp);
    return reason === undefined ? udp : { reason };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/**
 * Checks every structure of these sockets against the kernel, on loopback, and that Node's loop waits for them.
 *
 * @returns the first difference, undefined where there is none
 */
export async function asyncUdpMismatch(udp: AsyncUdp, maxWaitMs = MAX_WAIT_MS): Promise<string | undefined> {
  for (const family of families) {
    try {
      const wrong = await mismatchOf(udp, family, maxWaitMs);
      if (wrong !== undefined) return wrong;
    } catch (error) {
      if (!ABSENT.includes((error as NodeJS.ErrnoException).code)) throw error;
    }
  }
  return undefined;
}

async function mismatchOf(
  udp: AsyncUdp,
  { family, host, refused }: (typeof families)[number],
  maxWaitMs: number,
): Promise<string | undefined> {
  using sockets = new DisposableStack();
  const open = (): AsyncUdpSocket => {
    const options = { ...HEADER, receiveHeader: true, timestamps: true };
    return sockets.adopt(new AsyncUdpSocket(udp, family, options), (socket) => socket.close());
  };
  const [server, client, other] = [open(), open(), open()];
  const found: Found = {};
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const add = (part: Found): void => {
    Object.assign(found, part);
    if (found.received && found.stamped && found.reported) resolve();
  };
  const events = { received() {}, reported() {}, failed: reject };
  const send = (socket: AsyncUdpSocket): void => {
    const stamped = (at: number): void => add({ stamped: { isStamped: isNow(at) } });
    socket.send(Buffer.from(PAYLOAD), (error) => error && reject(error), { stamped });
  };
  server.bind(host, 0);
  server.listen({
    ...events,
    received(datagram) {
      const { receivedAt, trafficClass, ttl } = server;
      // The kernel begins to stamp a while after the first socket of the system asked for it: another one will have it.
      if (Number.isNaN(receivedAt)) send(client);
      else add({ received: { text: datagram.toString(), ttl, trafficClass, isStamped: isNow(receivedAt) } });
    },
  });
  client.connect(host, server.localAddress.port);
  client.listen(events);
  // A connected socket receives from its peer only, so a datagram of `other` is refused.
  other.connect(host, client.localAddress.port);
  other.listen({
    ...events,
    reported: ({ error, quoted, version, type, code, mtu, reporter }) =>
      add({ reported: { version, type, code, mtu, reporter, text: quoted.toString(), errno: error.code } }),
  });
  for (const socket of [client, other]) send(socket);
  const timer = setTimeout(resolve, maxWaitMs);
  await promise.finally(() => clearTimeout(timer));
  const expected: Required<Found> = {
    received: { text: PAYLOAD, ...HEADER, isStamped: true },
    stamped: { isStamped: true },
    reported: { ...refused, text: PAYLOAD, errno: 'ECONNREFUSED' },
  };
  for (const part of ['received', 'stamped', 'reported'] as const) {
    if (found[part] === undefined) return `${NOTHING_CAME[part]}${family === 6 ? ' (IPv6)' : ''}`;
    const [is, should] = [JSON.stringify(found[part]), JSON.stringify(expected[part])];
    if (is !== should) return `the kernel's report of a ${part} datagram is ${is}, expected ${should}`;
  }
  const isReset = client.reset() && client.localAddress.port === 0;
  return isReset ? undefined : 'a UDP socket can not leave its port for the next flow';
}

function isNow(stampedAt: number): boolean {
  return Math.abs(stampedAt - Date.now()) < STAMP_TOLERANCE_MS;
}
