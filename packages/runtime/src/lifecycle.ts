import { setTimeout as delay } from 'node:timers/promises';

export type Phase = 'running' | 'draining' | 'stopped';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/** Exit codes of a process that a signal ended, by convention 128 + its number. */
const EXIT_CODE: Readonly<Record<StopSignal, number>> = { SIGTERM: 143, SIGINT: 130 };

/** How a service comes to its end: the first stop signal asks for a drain, the second exits at once. */
export class Lifecycle {
  #phase: Phase = 'running';

  get phase(): Phase {
    return this.#phase;
  }

  /** Resolves with the first stop signal; readiness is already gone then. */
  stopRequested(): Promise<StopSignal> {
    const { promise, resolve } = Promise.withResolvers<StopSignal>();
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (this.#phase !== 'running') process.exit(EXIT_CODE[signal]);
        this.#phase = 'draining';
        resolve(signal);
      });
    }
    return promise;
  }

  /** Serves on while load balancers learn that the service is not ready, then has `drain` finish the rest. */
  async stop(drainDelayMs: number, drain: () => Promise<void>): Promise<void> {
    await delay(drainDelayMs);
    await drain();
    this.#phase = 'stopped';
  }
}
