import { readFileSync } from 'node:fs';
import { programProblem } from '../../tests/harness/programs.ts';
import { BusyLoops } from './busy-loops.ts';
import { CpuQuota, quotaProblem } from './cpu-quota.ts';

const BUSY_LOOPS = 2;

/** A way to make this machine slow for a run. */
export interface SlowMode {
  readonly name: string;
  readonly description: string;
  /** Why this machine can't use the mode, or undefined. */
  readonly problem: () => string | undefined;
  /** Until disposal, runs that its launcher starts are slow. */
  readonly begin: () => Slowness;
}

export interface Slowness extends AsyncDisposable {
  /** Words before a command that make it run slowly. */
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

/** The first core that this process may use: not every container has core 0. */
function firstCore(): string {
  const [, list = '0'] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list;
}
