import { execFileSync } from 'node:child_process';
import { loadLibc } from '@echo-daytime/linux';
import { findProgram } from '../tests/harness/programs.ts';

/** Of <sched.h>, the same on every processor. */
const CLONE_NEWNET = 0x4000_0000;

/**
 * Moves this thread, and so every program it starts, into a network of its own: a loopback alone, without the packet
 * filters and connection tracking of the machine, which cost every server the same and remember only so many
 * connections (network_namespaces(7)).
 *
 * @returns why it stays in that of the machine, if it does: it takes root
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
