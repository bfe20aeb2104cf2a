import { execFileSync } from 'node:child_process';
import { loadLibc } from '@echo-daytime/linux';
import { findProgram } from '../tests/harness/programs.ts';

/** From <sched.h>, the same on every processor. */
const CLONE_NEWNET = 0x4000_0000;

/**
 * Moves this thread, and every program that it starts, into a network namespace with only a loopback
 * (network_namespaces(7)). The machine's packet filters and connection tracking do not act there: they would slow every
 * server alike, and hold only a limited number of connections. Needs root.
 *
 * @returns why the thread stays in the network of the machine; undefined where it has moved
 */
export function enterOwnNetwork(): string | undefined {
  const ip = findProgram('ip');
  if (ip === undefined) return 'there is no ip program (Debian package iproute2)';
  const libc = loadLibc();
  if ('reason' in libc) return libc.reason;
  const { unshare } = libc.functions({ unshare: { arguments: ['i32'], return: 'i32' } });
  if (unshare(CLONE_NEWNET) !== 0) return 'this user may not make one';
  execFileSync(ip, ['link', 'set', 'lo', 'up']);
  return undefined;
}
