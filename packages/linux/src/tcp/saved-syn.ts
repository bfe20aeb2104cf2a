import {
  AF_INET,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  TCP_SAVE_SYN,
  TCP_SAVED_SYN,
} from '../constants.ts';
import { type Libc, openLibc, systemError } from '../ffi.ts';
import { readSynHeader, type SynHeader } from './syn-header.ts';

/** An IP header with the longest options and a TCP header have 120 bytes; IPv6 may have more. */
const MAX_HEADER_BYTES = 512;

const signatures = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
} as const;

/** SYNs that the kernel keeps for the connections of a listening socket (TCP_SAVE_SYN). */
export class SavedSyns {
  readonly #libc: Libc;
  readonly #call;
  readonly #on = Int32Array.of(1);
  readonly #header = new Uint8Array(new ArrayBuffer(MAX_HEADER_BYTES));
  readonly #length = Uint32Array.of(0);

  /** @returns the reason where this process or its kernel can't do it */
  static open(): SavedSyns | { readonly reason: string } {
    const libc = openLibc();
    if ('reason' in libc) return libc;
    const syns = new SavedSyns(libc);
    const error = syns.#tryOption();
    return error ? { reason: error.message } : syns;
  }

  private constructor(libc: Libc) {
    this.#libc = libc;
    this.#call = libc.functions(signatures);
  }

  /** Has the kernel keep the SYN of each connection from now on. */
  keep(listening: number): boolean {
    const { buffer, byteLength } = this.#on;
    return this.#call.setsockopt(listening, IPPROTO_TCP, TCP_SAVE_SYN, buffer, byteLength) === 0;
  }

  /**
   * The SYN of a connection, once: the kernel frees it then. Undefined also where the kernel kept none, such as for a
   * connection made by a SYN cookie.
   */
  take(fd: number): SynHeader | undefined {
    this.#length[0] = MAX_HEADER_BYTES;
    if (this.#call.getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, this.#header.buffer, this.#length.buffer) < 0) {
      return undefined;
    }
    return readSynHeader(this.#header.subarray(0, this.#length[0]));
  }

  #tryOption(): Error | undefined {
    const fd = this.#call.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const error = this.keep(fd) ? undefined : systemError('setsockopt TCP_SAVE_SYN', this.#libc.errno());
    this.#call.close(fd);
    return error;
  }
}
