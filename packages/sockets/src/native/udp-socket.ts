import { closeSync, openSync } from 'node:fs';
import { isIPv6, SocketAddress } from 'node:net';
import { RECEIVE_BUFFER_BYTES } from '../udp/engine.ts';
import { type Libc, systemError } from './libc.ts';
import {
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  O_CLOEXEC,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEPORT,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from './numbers.ts';
import { AF_INET, AF_INET6, NAME } from './socket-address.ts';

/**
 * How long a system call may block: so long may a stop or the end of the thread take to be noticed. Milliseconds.
 */
export const BLOCKING_MS = 50;

const signatures = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  dup3: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  inet_pton: { arguments: ['i32', 'string', 'pointer'], return: 'i32' },
  if_nametoindex: { arguments: ['string'], return: 'u32' },
  sendto: { arguments: ['i32', 'pointer', 'u64', 'i32', 'pointer', 'u32'], return: 'i64' },
  recvfrom: { arguments: ['i32', 'pointer', 'u64', 'i32', 'pointer', 'pointer'], return: 'i64' },
} as const;

type SocketCalls = ReturnType<typeof callsOf>;

function callsOf(libc: Libc) {
  return libc.functions(signatures);
}

export interface UdpSocketOptions {
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly ipv6Only: boolean;
}

/** A bound UDP socket outside Node's event loop, whose calls block, but never for longer than BLOCKING_MS. */
export class UdpSocket {
  /**
   * The file descriptor, one that `node:fs` has opened: those are closed when the thread ends, however that comes
   * about (`trackUnmanagedFds` of `new Worker()`). Any other would stay open, and the port taken.
   */
  readonly fd: number;
  readonly address: string;
  readonly port: number;
  readonly #libc: Libc;
  readonly #call: SocketCalls;

  /** @throws Error with `code`, as node:dgram would have it */
  constructor(libc: Libc, { host, port, reusePort, ipv6Only }: UdpSocketOptions) {
    this.#libc = libc;
    this.#call = callsOf(libc);
    const family = isIPv6(host) ? AF_INET6 : AF_INET;
    const socket = this.#checked('socket', this.#call.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    // The one path that is there in every container, whatever is mounted.
    this.fd = openSync('/', 'r');
    try {
      try {
        this.#checked('dup3', this.#call.dup3(socket, this.fd, O_CLOEXEC));
      } finally {
        this.#call.close(socket);
      }
      if (reusePort) this.#set(SOL_SOCKET, SO_REUSEPORT, 1);
      if (family === AF_INET6) this.#set(IPPROTO_IPV6, IPV6_V6ONLY, Number(ipv6Only));
      this.#set(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
      // struct timeval: seconds, microseconds.
      const timeout = BigInt64Array.of(0n, BigInt(BLOCKING_MS) * 1_000n);
      this.#setBytes(SOL_SOCKET, SO_RCVTIMEO, timeout.buffer);
      this.#setBytes(SOL_SOCKET, SO_SNDTIMEO, timeout.buffer);
      // An answer comes from the only address that a socket has; one of all addresses has to be told which.
      if (host === '0.0.0.0') this.#set(IPPROTO_IP, IP_PKTINFO, 1);
      if (family === AF_INET6) this.#set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      const name = this.name(host, port);
      this.#checked('bind', this.#call.bind(this.fd, name, name.byteLength));
      const bound = new ArrayBuffer(NAME.bytes);
      const length = Uint32Array.of(NAME.bytes);
      this.#checked('getsockname', this.#call.getsockname(this.fd, bound, length.buffer));
      this.port = new DataView(bound).getUint16(NAME.portAt);
      this.address = new SocketAddress({
        address: host,
        family: family === AF_INET6 ? 'ipv6' : 'ipv4',
      }).address;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A socket address: struct sockaddr_in or sockaddr_in6. `host` may name its interface: `fe80::1%eth0`. */
  name(host: string, port: number): ArrayBuffer {
    const ipv6 = isIPv6(host);
    const name = new ArrayBuffer(ipv6 ? NAME.bytes : NAME.ipv4Bytes);
    const view = new DataView(name);
    view.setUint16(0, ipv6 ? AF_INET6 : AF_INET, true);
    view.setUint16(NAME.portAt, port);
    const [address = '', zone] = host.split('%');
    const octets = new ArrayBuffer(16);
    this.#call.inet_pton(ipv6 ? AF_INET6 : AF_INET, address, octets);
    new Uint8Array(name).set(new Uint8Array(octets, 0, ipv6 ? 16 : 4), ipv6 ? NAME.ipv6At : NAME.ipv4At);
    if (zone !== undefined) view.setUint32(NAME.scopeAt, this.#call.if_nametoindex(zone), true);
    return name;
  }

  /** One datagram to a socket address. */
  send(payload: ArrayBuffer, to: ArrayBuffer): void {
    const sent = this.#call.sendto(this.fd, payload, BigInt(payload.byteLength), 0, to, to.byteLength);
    this.#checked('sendto', Number(sent));
  }

  /** One datagram, at most `payload.byteLength` long, and where it came from, into `from`. @returns its length */
  receive(payload: ArrayBuffer, from: ArrayBuffer): number {
    const length = Uint32Array.of(from.byteLength);
    const size = BigInt(payload.byteLength);
    return this.#checked(
      'recvfrom',
      Number(this.#call.recvfrom(this.fd, payload, size, 0, from, length.buffer)),
    );
  }

  close(): void {
    closeSync(this.fd);
  }

  #set(level: number, option: number, value: number): void {
    this.#setBytes(level, option, Int32Array.of(value).buffer);
  }

  #setBytes(level: number, option: number, value: ArrayBuffer): void {
    const result = this.#call.setsockopt(this.fd, level, option, value, value.byteLength);
    this.#checked('setsockopt', result);
  }

  #checked(call: string, result: number): number {
    if (result >= 0) return result;
    throw systemError(call, this.#libc.errno());
  }
}
