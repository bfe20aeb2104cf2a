import type { BoundAddress, DataPlane } from '@echo-daytime/worker';

interface Listener {
  readonly addresses: readonly BoundAddress[];
  alive?(): boolean;
  drain(timeoutMs: number): Promise<void>;
}

/** The listeners of one worker as its data plane. */
export function dataPlaneOf(listeners: readonly Listener[]): DataPlane {
  return {
    addresses: listeners.flatMap(({ addresses }) => addresses),
    alive: () => listeners.every((listener) => listener.alive?.() ?? true),
    async drain(timeoutMs) {
      await Promise.all(listeners.map((listener) => listener.drain(timeoutMs)));
    },
  };
}
