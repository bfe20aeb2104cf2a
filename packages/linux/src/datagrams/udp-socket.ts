import { closeSync } from 'node:fs';
import { isIPv6, SocketAddress } from 'node:net';
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVPKTINFO,
  IPV6_RECVTCLASS,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEPORT,
  SO_SNDTIMEO,
  SO_TIMESTAMPNS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from '../constants.ts';
import { type Libc, systemError } from '../ffi.ts';
import { SOCKADDR, sockaddrOf } from '../sockaddr.ts';
import { movedToTracked } from '../tracked-descriptor.ts';

/** How long a system call may block without MSG_DONTWAIT. Milliseconds. */
const BLOCKING_MS = 50;

const signatures = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
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
  /** Size of the receive buffer; default: the system's. */
  readonly receiveBufferBytes?: number;
  /** Whether the kernel gives TTL, traffic class and time of receiving with each datagram. */
  readonly receiveHeader?: boolean;
}

/** A bound UDP socket outside Node's event loop, whose calls block for BLOCKING_MS at most. */
export class UdpSocket {
  readonly fd: number;
  readonly address: string;
  readonly port: number;
  readonly #libc: Libc;
  readonly #call: SocketCalls;

  /** @throws Error with the `code` that node:dgram would give */
  constructor(libc: Libc, options: UdpSocketOptions) {
    const { host, port, reusePort, ipv6Only, receiveBufferBytes } = options;
    this.#libc = libc;
    this.#call = callsOf(libc);
    const family = isIPv6(host) ? AF_INET6 : AF_INET;
    const socket = this.#checked('socket', this.#call.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    this.fd = movedToTracked(libc, socket);
    try {
      if (reusePort) this.#set(SOL_SOCKET, SO_REUSEPORT, 1);
      if (family === AF_INET6) this.#set(IPPROTO_IPV6, IPV6_V6ONLY, Number(ipv6Only));
      if (receiveBufferBytes !== undefined) this.#set(SOL_SOCKET, SO_RCVBUF, receiveBufferBytes);
      // struct timeval: seconds, microseconds.
      const timeout = BigInt64Array.of(0n, BigInt(BLOCKING_MS) * 1_000n);
      this.#setBytes(SOL_SOCKET, SO_RCVTIMEO, timeout.buffer);
      this.#setBytes(SOL_SOCKET, SO_SNDTIMEO, timeout.buffer);
      // A socket bound to one address sends from it. A socket bound to all addresses needs the address of each reply.
      if (host === '0.0.0.0') this.#set(IPPROTO_IP, IP_PKTINFO, 1);
      if (family === AF_INET6) this.#set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      if (options.receiveHeader) this.#receiveHeader(family);
      const sockaddr = sockaddrOf(libc, host, port);
      this.#checked('bind', this.#call.bind(this.fd, sockaddr, sockaddr.byteLength));
      const bound = new ArrayBuffer(SOCKADDR.bytes);
      const length = Uint32Array.of(SOCKADDR.bytes);
      this.#checked('getsockname', this.#call.getsockname(this.fd, bound, length.buffer));
      this.port = new DataView(bound).getUint16(SOCKADDR.portAt);
      this.address = new SocketAddress({
        address: host,
        family: family === AF_INET6 ? 'ipv6' : 'ipv4',
      }).address;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends one datagram to a socket address. */
  send(payload: ArrayBuffer, to: ArrayBuffer): void {
    const sent = this.#call.sendto(this.fd, payload, BigInt(payload.byteLength), 0, to, to.byteLength);
    this.#checked('sendto', Number(sent));
  }

  /** Receives one datagram of at most `payload.byteLength`, and its source into `from`. @returns its length */
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

  #receiveHeader(family: number): void {
    this.#set(SOL_SOCKET, SO_TIMESTAMPNS, 1);
    // An IPv6 socket also receives IPv4, whose header has options of its own.
    this.#set(IPPROTO_IP, IP_RECVTTL, 1);
    this.#set(IPPROTO_IP, IP_RECVTOS, 1);
    if (family !== AF_INET6) return;
    this.#set(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    this.#set(IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
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
