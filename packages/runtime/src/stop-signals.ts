import { constants } from 'node:os';

/** The stop signals of a user (SIGINT), an orchestrator (SIGTERM) and a terminal that closes (SIGHUP). */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** Process 1 of a container. The kernel ignores signals to it that have no handler (pid_namespaces(7)). */
const INIT_PID = 1;
/** Ctrl-C under npm arrives twice: the terminal signals every process, and npm forwards its own signal. Milliseconds. */
const ONE_REQUEST_MS = 1_000;

/** By convention 128 + the number of the signal. */
export function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/** Makes a stop signal end process 1, as it ends every other process, until `onStopSignals` takes over. */
export function endBySignalAsInit(): void {
  if (process.pid !== INIT_PID) return;
  for (const signal of STOP_SIGNALS) process.on(signal, exit);
}

function exit(signal: StopSignal): void {
  process.exit(exitCodeOf(signal));
}

/**
 * Handles stop signals until disposed.
 *
 * @param stop called once, with the first signal
 * @param again called with each signal that comes at least a second after the first: its sender can't wait
 */
export function onStopSignals(
  stop: (signal: StopSignal) => void,
  again: (signal: StopSignal) => void = exit,
): Disposable {
  let stoppedAt: number | undefined;
  const received = (signal: StopSignal): void => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now();
      stop(signal);
    } else if (performance.now() - stoppedAt >= ONE_REQUEST_MS) {
      again(signal);
    }
  };
  for (const signal of STOP_SIGNALS) {
    process.on(signal, received);
    // Only after adding the new listener: removing the last listener loses a signal that is pending.
    process.removeListener(signal, exit);
  }
  return {
    [Symbol.dispose]() {
      endBySignalAsInit();
      for (const signal of STOP_SIGNALS) process.removeListener(signal, received);
    },
  };
}
