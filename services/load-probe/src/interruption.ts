import { exitCode } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Turns Ctrl-C (and SIGTERM, with which container engines stop) into an abort, so that a command can end early
 * with a report; a second one exits at once. Until disposed.
 */
export class Interruption {
  readonly #aborting = new AbortController();

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.removeListener(name, this.#interrupt);
  }

  readonly #interrupt = (): void => {
    if (this.#aborting.signal.aborted) process.exit(exitCode.interrupted);
    this.#aborting.abort();
  };
}
