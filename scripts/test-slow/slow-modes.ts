import { readFileSync } from 'node:fs';
import { programProblem } from '../../tests/harness/programs.ts';
import { BusyLoops } from './busy-loops.ts';
import { CpuQuota, quotaProblem } from './cpu-quota.ts';

const BUSY_LOOPS = 2;

/** A way to make this machine slow for a run. */
export interface SlowMode {
  readonly name: string;
  readonly description: string;
  /** Why this machine can't do it, or undefined. */
  readonly problem: () => string | undefined;
  /** From here to its disposal a run that is started by its launcher is slow. */
  readonly begin: () => Slowness;
}

export interface Slowness extends AsyncDisposable {
  /** The words before a command that run it slowly. */
  readonly launcher: readonly string[];
}

export const slowModes: readonly SlowMode[] = [
  {
    name: 'one-core',
    description: 'one core of this machine',
    problem: () => programProblem('taskset', 'util-linux'),
    begin: () => ({
      launcher: ['taskset', '--cpu-list', firstCore()],
      [Symbol.asyncDispose]: async () => {},
    }),
  },
  {
    name: 'idle',
    description: `SCHED_IDLE beside ${BUSY_LOOPS} busy loops`,
    problem: () => programProblem('chrt', 'util-linux'),
    begin: () => new BusyLoops(BUSY_LOOPS),
  },
  {
    name: 'quota',
    description: '20 % of one core',
    problem: quotaProblem,
    begin: () => new CpuQuota(20),
  },
];

/** One that this process may run on: not every container has core 0. */
function firstCore(): string {
  const [, list = '0'] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list;
}
