import { setTimeout } from 'node:timers';
import { NodeEpoll } from '../epoll/node-epoll.ts';
import { openLibc } from '../ffi.ts';
import { AsyncUdp } from './async-udp.ts';
import { AsyncUdpSocket } from './async-udp-socket.ts';

/** On loopback this takes a millisecond. Milliseconds. */
const MAX_WAIT_MS = 5_000;
/** A host without IPv6 has no address of it to be checked. */
const ABSENT: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];
const PAYLOAD = 'a datagram to be told of';
/** Those of no system by default, each in its own byte. */
const HEADER = { ttl: 77, trafficClass: 0x28 };
/** A stamp of this time and of no other unit, whatever the clock was set to meanwhile. Milliseconds. */
const STAMP_TOLERANCE_MS = 60_000;

/** What the kernel says of a datagram to a port where nobody listens. */
const families = [
  { family: 4, host: '127.0.0.1', refused: { version: 4, type: 3, code: 3, mtu: 0, reporter: '127.0.0.1' } },
  { family: 6, host: '::1', refused: { version: 6, type: 1, code: 4, mtu: 0, reporter: '0:0:0:0:0:0:0:1' } },
] as const;

interface Found {
  received?: object;
  stamped?: object;
  reported?: object;
}

let opening: Promise<AsyncUdp | { readonly reason: string }> | undefined;

/** @returns what the sockets of this thread share, or why there is none to be had */
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
 * Has the kernel fill in every structure that it tells of datagrams with, on loopback, and compares. Shows too that Node's
 * loop waits for these sockets.
 *
 * @returns what is not as it should be, or undefined when all is
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
  const send = (socket: AsyncUdpSocket): void =>
    socket.send(Buffer.from(PAYLOAD), (error) => error && reject(error));
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
  client.listen({
    ...events,
    stamped(number, at) {
      if (number === 0) add({ stamped: { number, isStamped: isNow(at) } });
    },
  });
  // A socket that is connected takes nothing from anybody else.
  other.connect(host, client.localAddress.port);
  other.listen({
    ...events,
    reported: ({ error: { code }, quoted, ...report }) =>
      add({ reported: { ...report, text: quoted.toString(), code } }),
  });
  for (const socket of [client, other]) send(socket);
  const timer = setTimeout(resolve, maxWaitMs);
  await promise.finally(() => clearTimeout(timer));
  const expected: Required<Found> = {
    received: { text: PAYLOAD, ...HEADER, isStamped: true },
    stamped: { number: 0, isStamped: true },
    reported: { ...refused, text: PAYLOAD, code: 'ECONNREFUSED' },
  };
  for (const part of ['received', 'stamped', 'reported'] as const) {
    const [is, should] = [JSON.stringify(found[part]), JSON.stringify(expected[part])];
    if (is !== should)
      return `what the kernel tells of a datagram that was ${part} is ${is}, expected ${should}`;
  }
  return undefined;
}

function isNow(stampedAt: number): boolean {
  return Math.abs(stampedAt - Date.now()) < STAMP_TOLERANCE_MS;
}
