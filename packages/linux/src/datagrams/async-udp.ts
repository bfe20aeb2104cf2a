import { isIPv6, SocketAddress } from 'node:net';
import { AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_NONBLOCK } from '../constants.ts';
import type { NodeEpoll } from '../epoll/node-epoll.ts';
import { type Libc, systemError } from '../ffi.ts';
import type { SocketOption } from '../ip-options.ts';
import { type Endpoint, SOCKADDR, SocketAddresses, sockaddrOf } from '../sockaddr.ts';
import { movedToTracked } from '../tracked-descriptor.ts';
import { type ErrorLayout, linux64Errors } from './layout.ts';
import { MessageMemory } from './message-memory.ts';
import { OutgoingMessage } from './outgoing-message.ts';

const signatures = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
  connect: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  // Frequent calls have at most three arguments: V8 calls functions with more on a slow path.
  write: { arguments: ['i32', 'pointer', 'u64'], return: 'i32' },
  sendmsg: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
  recvmsg: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
} as const;

/** Socket addresses that are kept: more than a thread has targets. */
const MAX_SOCKADDRS = 10_000;

/** The parts that all UDP sockets in Node's event loop of one thread share, and connects of limited reach. */
export class AsyncUdp {
  readonly libc: Libc;
  readonly epoll: NodeEpoll;
  readonly call;
  readonly incoming: MessageMemory;
  /** Separate from `incoming`: the handler of a datagram may send, and a send reads the reports. */
  readonly reports: MessageMemory;
  readonly outgoing: OutgoingMessage;
  /** AF_UNSPEC: connect(2) to it ends a connection. */
  readonly unspecified = new ArrayBuffer(SOCKADDR.ipv4Bytes);
  readonly #sockaddrs = new Map<string, ArrayBuffer>();
  /** For socket options and names. */
  readonly #value = Int32Array.of(0);
  readonly #length = Uint32Array.of(0);
  readonly #name = new ArrayBuffer(SOCKADDR.bytes);
  readonly #names = new SocketAddresses(this.#name, 0, 1, SOCKADDR.bytes);

  /** @throws Error where the C library lacks one of the functions */
  constructor(libc: Libc, epoll: NodeEpoll, layout: ErrorLayout = linux64Errors) {
    this.libc = libc;
    this.epoll = epoll;
    this.call = libc.functions(signatures);
    this.incoming = new MessageMemory(libc, layout);
    this.reports = new MessageMemory(libc, layout);
    this.outgoing = new OutgoingMessage(libc);
  }

  /** A socket address, which costs more to make than to keep. */
  sockaddr(host: string, port: number): ArrayBuffer {
    // An interface may get another index.
    if (host.includes('%')) return sockaddrOf(this.libc, host, port);
    const key = `${host} ${port}`;
    const found = this.#sockaddrs.get(key) ?? sockaddrOf(this.libc, host, port);
    if (this.#sockaddrs.size === MAX_SOCKADDRS) this.#sockaddrs.clear();
    this.#sockaddrs.set(key, found);
    return found;
  }

  /** @returns a descriptor, non-blocking, that is closed with its thread. @throws Error of the system */
  socket(family: 4 | 6, type: number): number {
    const domain = family === 6 ? AF_INET6 : AF_INET;
    const fd = this.checked('socket', this.call.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return movedToTracked(this.libc, fd);
  }

  /** @throws Error of the system */
  setOption(fd: number, { level, name }: SocketOption, value: number): void {
    const memory = this.#value;
    memory[0] = value;
    this.checked('setsockopt', this.call.setsockopt(fd, level, name, memory.buffer, memory.byteLength));
  }

  /** @throws Error of the system */
  getOption(fd: number, { level, name }: SocketOption): number {
    const memory = this.#value;
    this.#length[0] = memory.byteLength;
    this.checked('getsockopt', this.call.getsockopt(fd, level, name, memory.buffer, this.#length.buffer));
    return memory[0]!;
  }

  localAddress(fd: number): Endpoint {
    this.#length[0] = SOCKADDR.bytes;
    this.checked('getsockname', this.call.getsockname(fd, this.#name, this.#length.buffer));
    const address = this.#names.address(0);
    const plain = isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
    return { address: plain, port: this.#names.port(0) };
  }

  /** The result of a call. @throws Error of the system */
  checked(call: string, result: number): number {
    if (result >= 0) return result;
    throw systemError(call, this.libc.errno());
  }
}
