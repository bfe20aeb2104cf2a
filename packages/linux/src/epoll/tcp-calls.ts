import { SocketAddress } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import {
  IPPROTO_TCP,
  SHUT_WR,
  SIOCOUTQ,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { type Endpoint, SOCKADDR, SocketAddresses } from '../sockaddr.ts';

/**
 * The system calls on TCP sockets. Frequent calls have at most three arguments: V8 calls functions with more on a slow
 * path. The memory that the kernel writes to lies in ArrayBuffers of this object, so it stays valid.
 */
export class TcpCalls {
  readonly #libc: Libc;
  readonly #call;
  /** struct sockaddr_in or sockaddr_in6 of the last call, and its length. */
  readonly #sockaddr = new ArrayBuffer(SOCKADDR.bytes);
  readonly #sockaddrLength = Uint32Array.of(SOCKADDR.bytes);
  readonly #addresses = new SocketAddresses(this.#sockaddr, 0, 1, SOCKADDR.bytes);
  readonly #queued = Int32Array.of(0);
  readonly #on = Int32Array.of(1);
  /** struct linger: on, for 0 seconds. */
  readonly #noLinger = Int32Array.of(1, 0);
  readonly #errorNames = getSystemErrorMap();

  /** @throws Error where the C library lacks one of the functions */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#call = libc.functions({
      accept4: { arguments: ['i32', 'pointer', 'pointer', 'i32'], return: 'i32' },
      read: { arguments: ['i32', 'pointer', 'u64'], return: 'i32' },
      write: { arguments: ['i32', 'pointer', 'u64'], return: 'i32' },
      shutdown: { arguments: ['i32', 'i32'], return: 'i32' },
      close: { arguments: ['i32'], return: 'i32' },
      getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
      setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
      ioctl: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' },
    });
  }

  /**
   * The next connection of the accept queue, non-blocking and close-on-exec; or -1. `lastAddress` is its peer.
   *
   * @param open of OpenDescriptors. The descriptor is recorded right after the system call: V8 terminates a thread at
   * its next call or loop, and a descriptor that is not recorded would stay open.
   */
  accept(listening: number, open: Uint8Array): number {
    this.#sockaddrLength[0] = SOCKADDR.bytes;
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = this.#call.accept4(listening, this.#sockaddr, this.#sockaddrLength.buffer, flags);
    if (fd >= 0) open[fd] = 1;
    return fd;
  }

  /** Our end of a connection. */
  localAddress(fd: number): Endpoint {
    this.#sockaddrLength[0] = SOCKADDR.bytes;
    this.#call.getsockname(fd, this.#sockaddr, this.#sockaddrLength.buffer);
    return this.lastAddress();
  }

  /** The address that the last call returned. */
  lastAddress(): Endpoint {
    const address = this.#addresses.address(0);
    return {
      address: address.includes(':') ? new SocketAddress({ address, family: 'ipv6' }).address : address,
      port: this.#addresses.port(0),
    };
  }

  /** Reads into memory that the caller must keep reachable. @returns the number of bytes, 0 at the peer's FIN, or -1 */
  read(fd: number, to: bigint, size: bigint): number {
    return this.#call.read(fd, to, size);
  }

  /** Writes bytes. @returns how many the kernel took, or -1 */
  write(fd: number, chunk: Uint8Array): number {
    // write(2), as libuv: Node ignores SIGPIPE, so writing to a closed connection only gives an error.
    return this.#call.write(fd, chunk, BigInt(chunk.length));
  }

  /** The same for bytes at a known address, which halves the cost of the call. */
  writeFrom(fd: number, from: bigint, length: bigint): number {
    return this.#call.write(fd, from, length);
  }

  /** Bytes in the send buffer that the peer has not acknowledged (tcp(7), SIOCOUTQ); undefined at an error. */
  unacknowledged(fd: number): number | undefined {
    return this.#call.ioctl(fd, SIOCOUTQ, this.#queued.buffer) < 0 ? undefined : this.#queued[0];
  }

  /** Sends FIN after the bytes in the send buffer. */
  shutdown(fd: number): void {
    this.#call.shutdown(fd, SHUT_WR);
  }

  /** @param open as of `accept`, for an accepted connection */
  close(fd: number, open: Uint8Array): void {
    // Cleared before close(2): another thread may get the same number right after it.
    open[fd] = 0;
    this.#call.close(fd);
  }

  /** Closes with RST, and drops unsent and unread bytes. */
  abort(fd: number, open: Uint8Array): void {
    const { buffer, byteLength } = this.#noLinger;
    this.#call.setsockopt(fd, SOL_SOCKET, SO_LINGER, buffer, byteLength);
    open[fd] = 0;
    this.#call.close(fd);
  }

  /** Sends small replies without delay (TCP_NODELAY); connections accepted after this inherit it. */
  setNoDelay(listening: number): void {
    const { buffer, byteLength } = this.#on;
    this.#call.setsockopt(listening, IPPROTO_TCP, TCP_NODELAY, buffer, byteLength);
  }

  /** The error of the last call, such as `EAGAIN`. */
  errorCode(): string {
    return this.#errorNames.get(-this.#libc.errno())?.[0] ?? 'UNKNOWN';
  }

  /** The address of memory that the caller must keep reachable. */
  addressOf(memory: ArrayBuffer): bigint {
    return this.#libc.addressOf(memory);
  }
}
