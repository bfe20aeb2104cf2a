import { setTimeout as delay } from 'node:timers/promises';
import { onStopSignals, type StopSignal } from './stop-signals.ts';

export type Phase = 'running' | 'draining' | 'stopped';

/** How a service comes to its end: the first stop signal asks for a drain, a second one exits at once. */
export class Lifecycle {
  #phase: Phase = 'running';

  get phase(): Phase {
    return this.#phase;
  }

  /** Resolves with the first stop signal; readiness is already gone then. */
  stopRequested(): Promise<StopSignal> {
    const { promise, resolve } = Promise.withResolvers<StopSignal>();
    onStopSignals((signal) => {
      this.#phase = 'draining';
      resolve(signal);
    });
    return promise;
  }

  /** Serves on while load balancers learn that the service is not ready, then has `drain` finish the rest. */
  async stop(drainDelayMs: number, drain: () => Promise<void>): Promise<void> {
    await delay(drainDelayMs);
    await drain();
    this.#phase = 'stopped';
  }
}
