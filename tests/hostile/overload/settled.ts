import { setTimeout as delay } from 'node:timers/promises';
import type { Metrics } from '../../harness/metrics.ts';

const LOOK_INTERVAL_MS = 250;
const STILL_LOOKS = 4;
/** More than the well-behaved client sends between two checks, less than one read from an attacker. */
const PROBE_BYTES = 3 * 1024;

interface Observed {
  metrics(): Promise<Metrics>;
}

/** Resolves when all buffers are full: then the service no longer reads from clients that do not read. */
export async function untilFull(service: Observed): Promise<void> {
  let before = -1;
  let stillLooks = 0;
  while (stillLooks < STILL_LOOKS) {
    await delay(LOOK_INTERVAL_MS);
    const received = (await service.metrics()).value('l4_tcp_received_bytes_total', { listener: 'echo-tcp' });
    stillLooks = received - before < PROBE_BYTES ? stillLooks + 1 : 0;
    before = received;
  }
}

/** Resolves when a counter of the service has reached a value. */
export function untilCounted(
  count: (metrics: Metrics) => number,
  least: number,
): (service: Observed) => Promise<void> {
  return async (service) => {
    while (count(await service.metrics()) < least) await delay(LOOK_INTERVAL_MS);
  };
}
