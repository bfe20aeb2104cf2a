import { readFileSync } from 'node:fs';

/** Of /proc/PID/stat; the kernel tells every program this same number, whatever its own clock is. */
const TICKS_PER_SECOND = 100;
/** Of the fields that follow the name of the program: utime, stime, cutime, cstime, proc_pid_stat(5). */
const [FIRST_TIME, AFTER_TIMES] = [11, 15];

/**
 * User and system time of this process, of the children that it waited for and of those that they waited for, in
 * seconds; undefined where there is no /proc.
 */
export function cpuSeconds(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The name stands in parentheses and may have any character in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(FIRST_TIME, AFTER_TIMES).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS_PER_SECOND;
}
