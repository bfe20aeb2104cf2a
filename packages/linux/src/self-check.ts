/** Checks every structure of the engines against the kernel before they are used: the kernel writes and reads each. */
import { EPOLLIN, MSG_WAITFORONE } from './constants.ts';
import { BATCH_DATAGRAMS, DatagramBatch } from './datagrams/datagram-batch.ts';
import type { MessageLayout } from './datagrams/layout.ts';
import type { ReceivedHeader } from './datagrams/received-header.ts';
import { UdpSocket } from './datagrams/udp-socket.ts';
import type { Epoll } from './epoll/epoll.ts';
import type { TcpCalls } from './epoll/tcp-calls.ts';
import type { Libc } from './ffi.ts';
import { SOCKADDR, SocketAddresses, sockaddrOf } from './sockaddr.ts';

/** Different in every byte, so that a wrong offset shows. */
const USER = 0x12345678;
const LOOPBACK = ['127.0.0.1', '::1'] as const;
/** The errors of a host without IPv6, where IPv6 is not checked. */
const ABSENT: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/**
 * Checks the structures that TCP connections need.
 *
 * @returns the first difference, undefined where there is none
 */
export function epollMismatch(libc: Libc, epoll: Epoll, calls: TcpCalls): string | undefined {
  return eventMismatch(libc, epoll, calls) ?? addressMismatch(libc, calls);
}

/** Checks epoll_event: a pipe with a byte in it must be readable, and the event must name this pipe. */
function eventMismatch(libc: Libc, epoll: Epoll, calls: TcpCalls): string | undefined {
  const { pipe, close } = libc.functions({
    pipe: { arguments: ['pointer'], return: 'i32' },
    close: { arguments: ['i32'], return: 'i32' },
  });
  const ends = new Int32Array(new ArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  if (pipe(ends.buffer) < 0) return `pipe failed: ${calls.errorCode()}`;
  const [readEnd = -1, writeEnd = -1] = ends;
  try {
    epoll.add(readEnd, USER, EPOLLIN);
    calls.write(writeEnd, new Uint8Array(new ArrayBuffer(1)));
    const count = epoll.wait(0);
    if (count !== 1) return `epoll_wait found ${count} of 1 events`;
    const found = { events: epoll.events(0), fd: epoll.fd(0), user: epoll.user(0) };
    return difference('an event', found, { events: EPOLLIN, fd: readEnd, user: USER });
  } finally {
    close(readEnd);
    close(writeEnd);
  }
}

/** Checks the socket addresses: a bound socket must report the address it was bound to. */
function addressMismatch(libc: Libc, calls: TcpCalls): string | undefined {
  for (const host of LOOPBACK) {
    try {
      const socket = new UdpSocket(libc, { host, port: 0, reusePort: false, ipv6Only: true });
      const wrong = difference('an address', calls.localAddress(socket.fd), {
        address: host,
        port: socket.port,
      });
      socket.close();
      if (wrong !== undefined) return wrong;
    } catch (error) {
      if (!ABSENT.includes((error as NodeJS.ErrnoException).code)) return (error as Error).message;
    }
  }
  return undefined;
}

function difference(what: string, found: object, expected: object): string | undefined {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should ? undefined : `${what} of the kernel is ${is}, expected ${should}`;
}

/** Payloads of different lengths: one is empty, one ends in a zero byte. */
const PAYLOADS = ['the first', '', 'and a third\0'];

/** Per family of sockets: a client, and an address of this host that routing would not choose as the source. */
const routes = {
  ipv4: [{ listen: '0.0.0.0', client: '127.0.0.1', server: '127.0.0.2' }],
  // IPv4 on an IPv6 socket comes first: a host without an IPv6 address is checked with it alone.
  ipv6: [
    { listen: '::', client: '127.0.0.1', server: '127.0.0.2' },
    { listen: '::', client: '::1', server: '::1' },
  ],
} as const;

/** Of the replies of the check, no system's default. */
const TRAFFIC_CLASS = 0x28;
/** Tolerates a clock that is set during the check, but not a wrong unit. Milliseconds. */
const STAMP_TOLERANCE_MS = 60_000;

/**
 * Checks the structures that datagrams need, on loopback.
 *
 * @param receiveHeader whether headers are received too
 * @returns the first difference from `layout`, undefined where there is none
 */
export function datagramMismatch(
  libc: Libc,
  layout: MessageLayout,
  family: keyof typeof routes,
  receiveHeader = false,
): string | undefined {
  for (const route of routes[family]) {
    const wrong = datagramMismatchOn(libc, layout, route, receiveHeader);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function datagramMismatchOn(
  libc: Libc,
  layout: MessageLayout,
  route: { readonly listen: string; readonly client: string; readonly server: string },
  receiveHeader: boolean,
): string | undefined {
  const options = { port: 0, reusePort: false, ipv6Only: false, receiveHeader };
  using sockets = new DisposableStack();
  const open = (host: string) => sockets.adopt(new UdpSocket(libc, { ...options, host }), (it) => it.close());
  const batch = new DatagramBatch(libc, layout, receiveHeader);
  const server = open(route.listen);
  const client = clientOf(() => open(route.client));
  if (!client) return undefined;
  const to = sockaddrOf(libc, route.server, server.port);
  for (const payload of PAYLOADS) client.send(bytesOf(payload), to);

  for (let index = 0; index < PAYLOADS.length; ) {
    const count = batch.receive(server.fd, BATCH_DATAGRAMS, MSG_WAITFORONE);
    if (count < 0 || count > PAYLOADS.length - index) return `recvmmsg returned ${count}`;
    if (count === 0) return `recvmmsg found ${index} of ${PAYLOADS.length} datagrams`;
    for (let slot = 0; slot < count; slot += 1, index += 1) {
      const payload = PAYLOADS[index]!;
      const { sources } = batch;
      const found = {
        length: batch.length(slot),
        address: sources.address(slot),
        port: sources.port(slot),
        ...(receiveHeader && headerOf(batch.readHeader(slot))),
      };
      const address = sockaddrOf(libc, route.client, 0);
      const wanted = {
        length: payload.length,
        address: new SocketAddresses(address, 0, 1, address.byteLength).address(0),
        port: client.port,
        ...(receiveHeader && { hasTtl: true, trafficClass: 0, isStamped: true }),
      };
      if (JSON.stringify(found) !== JSON.stringify(wanted)) {
        return `recvmmsg gave ${JSON.stringify(found)} for ${JSON.stringify(wanted)}`;
      }
      if (batch.request(slot).toString('latin1') !== payload)
        return 'recvmmsg gave other bytes than were sent';
      if (receiveHeader) batch.setTrafficClass(slot, TRAFFIC_CLASS);
      batch.reply(slot, batch.request(slot));
    }
    batch.flush(server.fd, 0);
    if (batch.sent !== count) return `sendmmsg sent ${batch.sent} of ${count} datagrams`;
  }
  return wrongReply(client, to);
}

/** What the kernel tells of a datagram that was sent a moment ago. */
function headerOf({ seconds, nanoseconds, trafficClass, ttl }: ReceivedHeader): object {
  const at = seconds * 1e3 + nanoseconds / 1e6;
  return {
    hasTtl: ttl > 0 && ttl <= 255,
    trafficClass,
    isStamped: Math.abs(at - Date.now()) < STAMP_TOLERANCE_MS,
  };
}

/** A client socket; undefined where the host lacks the address, so that this route can't be checked. */
function clientOf(open: () => UdpSocket): UdpSocket | undefined {
  try {
    return open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return undefined;
    throw error;
  }
}

/** Describes a reply with a wrong source or wrong bytes; undefined where all replies are right. */
function wrongReply(client: UdpSocket, server: ArrayBuffer): string | undefined {
  const reply = new ArrayBuffer(64);
  for (const payload of PAYLOADS) {
    const from = new ArrayBuffer(SOCKADDR.bytes);
    const length = client.receive(reply, from);
    if (Buffer.from(reply, 0, length).toString('latin1') !== payload) return 'sendmmsg sent other bytes';
    // Compares port and address only: the bytes after them may have any value.
    const names = [from, server].map((name) =>
      Buffer.from(name).subarray(0, server.byteLength).toString('hex'),
    );
    if (names[0] !== names[1]) return `sendmmsg answered from ${names[0]}, not ${names[1]}`;
  }
  return undefined;
}

function bytesOf(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'latin1')).buffer;
}
