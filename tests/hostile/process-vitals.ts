import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const KIB_PER_MIB = 1024;
/** Unit of the times in /proc/pid/stat on every Linux that Node runs on (sysconf(3), _SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

/** The peak memory of a process, MiB; proc_pid_status(5), VmHWM. */
export function peakMemoryMib(pid: number): number {
  const [, kib = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / KIB_PER_MIB;
}

/** The share of one core that a process uses over the next milliseconds. */
export async function cpuShare(pid: number, ms: number): Promise<number> {
  const before = { cpu: cpuSeconds(pid), at: performance.now() };
  await delay(ms);
  return (cpuSeconds(pid) - before.cpu) / ((performance.now() - before.at) / 1_000);
}

/** User and system time are fields 14 and 15 of proc_pid_stat(5); the name before them may contain any character. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
