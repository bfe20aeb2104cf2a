import { getSystemErrorMap } from 'node:util';
import type { Libc } from './libc.ts';

/** Of <sys/socket.h> and <netinet/tcp.h>, the same on every processor that libc.ts lets through. */
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SHUT_WR = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/**
 * The system calls on TCP sockets that Node's own way to costs more than the call itself. Three arguments at most
 * where they are made often: calls with more take V8's slow path.
 */
export interface TcpCalls {
  /** The next connection of the queue, not inherited by children and not blocking; or -1. */
  accept(listening: number): number;
  /** Hands bytes to the kernel: how many it took at once, or -1. */
  write(fd: number, chunk: Uint8Array): number;
  /** Sends FIN behind what the kernel holds; false where it can't. */
  shutdown(fd: number): boolean;
  close(fd: number): void;
  /** Sends every small answer at once; connections accepted from here on inherit it. */
  setNoDelay(listening: number): void;
  /** Why the call before failed, such as `EAGAIN`. */
  errorCode(): string;
}

/** @throws Error where the C library lacks one of them */
export function tcpCalls(libc: Libc): TcpCalls {
  const { accept4, write, shutdown, close, setsockopt } = libc.functions({
    accept4: { arguments: ['i32', 'pointer', 'pointer', 'i32'], return: 'i32' },
    write: { arguments: ['i32', 'buffer', 'u64'], return: 'i32' },
    shutdown: { arguments: ['i32', 'i32'], return: 'i32' },
    close: { arguments: ['i32'], return: 'i32' },
    setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  });
  const on = new Int32Array(new ArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(1);
  const errorNames = getSystemErrorMap();
  return {
    accept: (listening) => accept4(listening, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC),
    // As libuv does it: Node ignores SIGPIPE, so a peer that is gone shows as an error alone.
    write: (fd, chunk) => write(fd, chunk, BigInt(chunk.length)),
    shutdown: (fd) => shutdown(fd, SHUT_WR) === 0,
    close: (fd) => void close(fd),
    setNoDelay: (listening) => void setsockopt(listening, IPPROTO_TCP, TCP_NODELAY, on, on.byteLength),
    errorCode: () => errorNames.get(-libc.errno())?.[0] ?? 'UNKNOWN',
  };
}
