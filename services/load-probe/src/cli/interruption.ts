import { onStopSignals } from '@echo-daytime/runtime/stop-signals';
import { exitCode } from './errors.ts';

/**
 * Turns Ctrl-C (and SIGTERM, with which container engines stop) into an abort, so that a command can end early
 * with a report; a second one exits at once. Until disposed.
 */
export class Interruption {
  readonly #aborting = new AbortController();
  readonly #taken = onStopSignals(
    () => this.#aborting.abort(),
    () => process.exit(exitCode.interrupted),
  );

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  [Symbol.dispose](): void {
    this.#taken[Symbol.dispose]();
  }
}
