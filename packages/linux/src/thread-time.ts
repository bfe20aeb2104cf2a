/** What the scheduler knows of a thread of this process. Other systems than Linux tell nothing. */
import { readdirSync, readFileSync } from 'node:fs';

/** The threads of this process, each a folder (proc_pid_task(5)). */
const TASKS = '/proc/self/task';
/** The kernel keeps this much of a name (pthread_setname_np(3)). */
const MAX_NAME_BYTES = 15;
const NS_PER_S = 1e9;
/** Behind the name in brackets of `stat` (proc_pid_stat(5)). */
const STATE = /\) (\w)/;
const RUNNABLE = 'R';

export interface ThreadTime {
  /** Runs or waits for a core; else it sleeps or is in a system call. */
  readonly isRunnable: boolean;
  /** Time that it has run since its start, seconds. */
  readonly ranS: number;
}

/** @returns undefined where no thread of this process has the name, and where the system does not tell */
export function threadTime(name: string): ThreadTime | undefined {
  try {
    for (const id of readdirSync(TASKS)) {
      if (readFileSync(`${TASKS}/${id}/comm`, 'utf8').trimEnd() !== name.slice(0, MAX_NAME_BYTES)) continue;
      const [, state] = STATE.exec(readFileSync(`${TASKS}/${id}/stat`, 'utf8')) ?? [];
      // The first number of https://docs.kernel.org/scheduler/sched-stats.html, "/proc/<pid>/schedstat".
      const ranS = Number.parseInt(readFileSync(`${TASKS}/${id}/schedstat`, 'utf8'), 10) / NS_PER_S;
      return { isRunnable: state === RUNNABLE, ranS };
    }
  } catch {
    // The thread has just ended, or there is no such file.
  }
  return undefined;
}
