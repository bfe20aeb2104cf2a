import { constants } from 'node:os';

/** The stop signals of a user (SIGINT), an orchestrator (SIGTERM) and a terminal that closes (SIGHUP). */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** Process 1 of a container, for which signals without a handler do not exist (pid_namespaces(7)). */
const INIT_PID = 1;
/** Ctrl-C under npm comes twice: the terminal sends it to every process, and npm passes its own on. Milliseconds. */
const ONE_REQUEST_MS = 1_000;

/** By convention 128 + the number of the signal. */
export function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/** Has process 1 end by a stop signal as every other process does, until `onStopSignals` says otherwise. */
export function endBySignalAsInit(): void {
  if (process.pid !== INIT_PID) return;
  for (const signal of STOP_SIGNALS) process.on(signal, exit);
}

function exit(signal: StopSignal): void {
  process.exit(exitCodeOf(signal));
}

/**
 * Takes stop signals until disposed.
 *
 * @param stop called once, with the first signal
 * @param again called with each signal that comes a second after the first, or later: its sender can't wait
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
    // Not before: a signal that has come and is not handled yet is lost with the last listener.
    process.removeListener(signal, exit);
  }
  return {
    [Symbol.dispose]() {
      endBySignalAsInit();
      for (const signal of STOP_SIGNALS) process.removeListener(signal, received);
    },
  };
}
