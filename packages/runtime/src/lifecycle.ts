import { setTimeout as delay } from 'node:timers/promises';
import { onStopSignals, type StopSignal } from './stop-signals.ts';

export type Phase = 'running' | 'draining' | 'stopped';

/** How a service stops: the first stop signal starts a drain, a second one exits at once. */
export class Lifecycle {
  #phase: Phase = 'running';

  get phase(): Phase {
    return this.#phase;
  }

  /** Resolves with the first stop signal. The service is already not ready then. */
  stopRequested(): Promise<StopSignal> {
    const { promise, resolve } = Promise.withResolvers<StopSignal>();
    onStopSignals((signal) => {
      this.#phase = 'draining';
      resolve(signal);
    });
    return promise;
  }

  /** Keeps serving for the delay, in which load balancers see that the service is not ready, then calls `drain`. */
  async stop(drainDelayMs: number, drain: () => Promise<void>): Promise<void> {
    await delay(drainDelayMs);
    await drain();
    this.#phase = 'stopped';
  }
}
