import { AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from '../constants.ts';
import { openLibc, systemError } from '../ffi.ts';
import { ipOptions } from '../ip-options.ts';

const signatures = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
} as const;

/** Why `openMarkedTcp` does not work here; undefined where it does. */
export function markingProblem(): string | undefined {
  const libc = openLibc();
  return 'reason' in libc ? libc.reason : undefined;
}

/**
 * The descriptor of a TCP socket with a traffic class, for the option `fd` of a socket of node:net, which then closes it.
 * Node itself makes the descriptor and sends the SYN in one call, so it is too late after that. Make the socket right
 * away: until then nothing closes the descriptor when the thread is terminated.
 *
 * @param trafficClass the whole byte, DSCP and ECN
 * @throws Error of the system
 */
export function openMarkedTcp(family: 4 | 6, trafficClass: number): number {
  const libc = openLibc();
  if ('reason' in libc) throw new Error(libc.reason);
  const { close, setsockopt, socket } = libc.functions(signatures);
  const fd = socket(family === 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError('socket', libc.errno());
  const { level, trafficClass: name } = ipOptions(family);
  const value = Int32Array.of(trafficClass);
  if (setsockopt(fd, level, name, value.buffer, value.byteLength) < 0) {
    const error = systemError('setsockopt', libc.errno());
    close(fd);
    throw error;
  }
  return fd;
}
