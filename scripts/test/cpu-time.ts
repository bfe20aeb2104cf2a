import { readFileSync } from 'node:fs';

/** Unit of /proc/PID/stat; the kernel uses this number for every program, whatever its own clock. */
const TICKS_PER_SECOND = 100;
/** Positions after the name of the program: utime, stime, cutime, cstime, proc_pid_stat(5). */
const [FIRST_TIME, AFTER_TIMES] = [11, 15];

/**
 * User and system time of this process and of its awaited descendants, in seconds; undefined without /proc.
 */
export function cpuSeconds(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The name stands in parentheses and may have any character in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(FIRST_TIME, AFTER_TIMES).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS_PER_SECOND;
}
