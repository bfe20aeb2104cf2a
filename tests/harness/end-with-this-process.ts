import type { ChildProcess } from 'node:child_process';

/** Running children, each with a function that ends it at once. */
const running = new Map<ChildProcess, () => void>();

function endAll(): void {
  for (const end of running.values()) end();
}

process.once('exit', endAll);
// vitest ends its workers by a signal, which causes no exit event.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endAll();
    process.kill(process.pid, signal);
  });
}

/** Ends a child with this process. A test that times out or is interrupted does not end its children itself. */
export function endWithThisProcess(child: ChildProcess, end: () => void = () => child.kill('SIGKILL')): void {
  running.set(child, end);
  child.once('exit', () => running.delete(child));
}
