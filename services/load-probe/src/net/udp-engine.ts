import { AsyncUdp, openAsyncUdp } from '@echo-daytime/linux';
import { BatchUdp } from './batch-udp.ts';
import { DgramUdp } from './dgram-udp.ts';
import type { UdpEngine } from './udp-socket.ts';

/** Values of UDP_ENGINE; `auto` is `batch` where the system has it. */
export const udpEngines = ['auto', 'batch', 'dgram'] as const;

export type UdpEngineChoice = (typeof udpEngines)[number];

/**
 * The engine that was asked for, in this thread.
 *
 * @throws Error where it is `batch`, and that does not work here
 */
export async function openUdpEngine(choice: UdpEngineChoice): Promise<UdpEngine> {
  if (choice === 'dgram') return new DgramUdp('UDP_ENGINE=dgram');
  const udp = await openAsyncUdp();
  if (udp instanceof AsyncUdp) return new BatchUdp(udp);
  if (choice === 'auto') return new DgramUdp(udp.reason);
  throw new Error(`UDP_ENGINE=batch does not work here: ${udp.reason}; set UDP_ENGINE to auto or dgram`);
}
