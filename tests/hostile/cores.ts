import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The service has a core of its own; who attacks and who measures share the other. */
export const SERVICE_CORE = 0;
export const CLIENT_CORE = 1;

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** A command on one core, where the machine has two and taskset. */
export function pinned(core: number, command: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '--cpu-list', String(core), ...command] : command;
}

/** A command that has what others leave of its core: whoever measures there never waits for it (sched(7), SCHED_IDLE). */
export function standingBack(command: readonly string[]): readonly string[] {
  return canPin ? ['chrt', '--idle', '0', ...command] : command;
}
