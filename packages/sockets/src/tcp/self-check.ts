import { EPOLLIN, type Epoll } from '../native/epoll-calls.ts';
import type { Libc } from '../native/libc.ts';
import type { TcpCalls } from '../native/tcp-calls.ts';
import { UdpSocket } from '../native/udp-socket.ts';

/** Different in every byte, so that a field that is out of place shows. */
const USER = 0x12345678;
const LOOPBACK = ['127.0.0.1', '::1'] as const;
/** A host without IPv6 has no address of it to be checked. */
const ABSENT: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/**
 * Has the kernel fill in every structure that connections are served with, and compares.
 *
 * @returns what is not as it should be, or undefined when all is
 */
export function mismatch(libc: Libc, epoll: Epoll, calls: TcpCalls): string | undefined {
  return eventMismatch(libc, epoll, calls) ?? nameMismatch(libc, calls);
}

/** A pipe with a byte in it is readable, and the event says which pipe it is. */
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

/** A socket that is bound to an address of ours says so. */
function nameMismatch(libc: Libc, calls: TcpCalls): string | undefined {
  for (const host of LOOPBACK) {
    try {
      const socket = new UdpSocket(libc, { host, port: 0, reusePort: false, ipv6Only: true });
      const wrong = difference('a name', calls.localName(socket.fd), { address: host, port: socket.port });
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
