import type { Server, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Libc, loadLibc } from '@echo-daytime/linux';

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_MEMINFO = 55;
/** Place of the count of drops in what SO_MEMINFO gives, of <linux/sock_diag.h>. */
const DROPS = 8;
const MEMINFO_WORDS = 9;
const LOOK_MS = 1;

/** struct sock_filter of <linux/filter.h>: code, jump if true, jump if false, constant. */
type Instruction = readonly [code: number, onTrue: number, onFalse: number, constant: number];

const KEEP: Instruction = [0x06, 0, 0, 0xffff_ffff];
const DROP: Instruction = [0x06, 0, 0, 0];

const filters = {
  /** Of a listener: its connections begin without the filter. */
  syn: [DROP],
  data: [
    // X = length of the TCP header, which is the beginning of the packet here.
    [0x30, 0, 0, 12],
    [0x74, 0, 0, 4],
    [0x64, 0, 0, 2],
    [0x07, 0, 0, 0],
    // A = length of the packet; more than the header is data.
    [0x80, 0, 0, 0],
    [0x2d, 0, 1, 0],
    DROP,
    KEEP,
  ],
} as const satisfies Record<string, readonly Instruction[]>;

/**
 * Has the kernel lose one segment that arrives at a listener's socket, or at each of its connections: a SYN, or the first
 * segment with data. It needs no privilege, socket(7).
 */
export function dropOne(kind: keyof typeof filters, server: Server): void {
  const libc = loadLibc();
  if ('reason' in libc) throw new Error(libc.reason);
  // A connection inherits the filter of its listener.
  attach(libc, fdOf(server), filters[kind]);
  if (kind === 'syn') void keepAfterDrop(libc, server);
  else server.on('connection', (socket) => void keepAfterDrop(libc, socket));
}

function fdOf(socket: Server | Socket): number {
  const { _handle } = socket as unknown as { readonly _handle?: { readonly fd: number } | null };
  return _handle?.fd ?? -1;
}

function attach(libc: Libc, fd: number, program: readonly Instruction[]): void {
  const instructions = new DataView(new ArrayBuffer(8 * program.length));
  for (const [index, [code, onTrue, onFalse, constant]] of program.entries()) {
    instructions.setUint16(8 * index, code, true);
    instructions.setUint8(8 * index + 2, onTrue);
    instructions.setUint8(8 * index + 3, onFalse);
    instructions.setUint32(8 * index + 4, constant, true);
  }
  // struct sock_fprog: number of instructions, their address.
  const filter = BigUint64Array.of(BigInt(program.length), libc.addressOf(instructions.buffer));
  set(libc, fd, SO_ATTACH_FILTER, filter.buffer);
}

/** Removes the filter as soon as it has dropped a segment. */
async function keepAfterDrop(libc: Libc, socket: Server | Socket): Promise<void> {
  const { getsockopt } = libc.functions({
    getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
  });
  const words = new Uint32Array(MEMINFO_WORDS);
  for (;;) {
    const fd = fdOf(socket);
    const length = Uint32Array.of(words.byteLength);
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, words.buffer, length.buffer) < 0) return;
    if (words[DROPS]! > 0) return set(libc, fd, SO_DETACH_FILTER, new ArrayBuffer(4));
    await setTimeout(LOOK_MS);
  }
}

function set(libc: Libc, fd: number, option: number, value: ArrayBuffer): void {
  const { setsockopt } = libc.functions({
    setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  });
  if (setsockopt(fd, SOL_SOCKET, option, value, value.byteLength) < 0) throw new Error('setsockopt failed');
}
