import { onStopSignals, type StopSignal } from '@echo-daytime/runtime/stop-signals';
import { exitCode } from './errors.ts';

/**
 * Turns Ctrl-C, and the SIGTERM of container engines, into an abort, so that a command ends early with a report. A
 * second signal exits at once. Signals are handled until this is disposed.
 */
export class Interruption {
  readonly #aborting = new AbortController();
  readonly #handlers: Disposable;

  /** @param received called with each signal, before anything comes of it */
  constructor(received: (signal: StopSignal) => void = () => {}) {
    this.#handlers = onStopSignals(
      (signal) => {
        received(signal);
        this.#aborting.abort();
      },
      (signal) => {
        received(signal);
        process.exit(exitCode.interrupted);
      },
    );
  }

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  [Symbol.dispose](): void {
    this.#handlers[Symbol.dispose]();
  }
}
