import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The kernel's default accounting period. */
const PERIOD_US = 100_000;
/** A killed process leaves its group soon, but not at once, and without an event. */
const [GONE_INTERVAL_MS, MAX_GONE_MS] = [50, 30_000];

/** Why there can be no CPU quota here, or undefined. */
export function quotaProblem(): string | undefined {
  try {
    rmdirSync(makeGroup('try', 100));
    return undefined;
  } catch (error) {
    return `no control group with a CPU quota can be made (${(error as Error).message}); it needs Linux and root`;
  }
}

/** A control group for the processes of a run, which together get a share of one core. */
export class CpuQuota {
  readonly launcher: readonly string[];
  /** Its folder. */
  readonly group: string;

  constructor(percent: number) {
    this.group = makeGroup('run', percent);
    this.launcher = ['sh', '-c', `echo $$ >'${this.group}/cgroup.procs' && exec "$@"`, 'sh'];
  }

  /** Kills what is still in the group. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += GONE_INTERVAL_MS) {
      const pids = readFileSync(join(this.group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
      for (const pid of pids) killIfThere(Number(pid));
      try {
        return rmdirSync(this.group);
      } catch (error) {
        if (waitedMs >= MAX_GONE_MS) throw error;
      }
      await delay(GONE_INTERVAL_MS);
    }
  }
}

/** @throws Error where this kernel or this user can't have one */
function makeGroup(purpose: string, percent: number): string {
  const { folder, version } = findController();
  const group = join(folder, `echo-daytime-${purpose}-${process.pid}`);
  const quota = (PERIOD_US * percent) / 100;
  if (version === 2) writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu');
  mkdirSync(group);
  try {
    if (version === 2) {
      writeFileSync(join(group, 'cpu.max'), `${quota} ${PERIOD_US}`);
    } else {
      writeFileSync(join(group, 'cpu.cfs_period_us'), `${PERIOD_US}`);
      writeFileSync(join(group, 'cpu.cfs_quota_us'), `${quota}`);
    }
  } catch (error) {
    rmdirSync(group);
    throw error;
  }
  return group;
}

/** The mount point of the kernel's cpu controller. A machine with both cgroup versions has it in one of them. */
function findController(): { readonly folder: string; readonly version: 1 | 2 } {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const [, v1] =
    mounts.find(([, , type, options]) => type === 'cgroup' && /\bcpu\b/.test(options ?? '')) ?? [];
  if (v1 !== undefined) return { folder: v1, version: 1 };
  const [, v2] = mounts.find(([, , type]) => type === 'cgroup2') ?? [];
  if (v2 !== undefined) return { folder: v2, version: 2 };
  throw new Error('no control groups are mounted');
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
