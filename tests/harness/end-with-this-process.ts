import type { ChildProcess } from 'node:child_process';

/** How each that still runs is ended, at once and without waiting. */
const running = new Map<ChildProcess, () => void>();

function endAll(): void {
  for (const end of running.values()) end();
}

process.once('exit', endAll);
// A signal ends a process without an exit event, and so vitest ends its own.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endAll();
    process.kill(process.pid, signal);
  });
}

/** For a test that runs out of time, and a command that is interrupted: neither comes to end what it started. */
export function endWithThisProcess(child: ChildProcess, end: () => void = () => child.kill('SIGKILL')): void {
  running.set(child, end);
  child.once('exit', () => running.delete(child));
}
