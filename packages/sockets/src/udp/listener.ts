import type { BoundAddress } from '@echo-daytime/worker';
import { BatchEngine } from './batch-engine.ts';
import { DgramEngine, type DgramParts } from './dgram-engine.ts';
import type { UdpEngine, UdpListenerOptions } from './engine.ts';

export interface UdpListenerParts extends DgramParts {
  /** Number of the worker that has the listener. */
  readonly worker: number;
}

/** Sends one reply to each datagram, except to those that the limits and the loop guard drop. */
export class UdpListener {
  readonly #engine: UdpEngine;

  /** @throws ListenError that names the listener, the address, the port and what to do */
  static async open(options: UdpListenerOptions, parts: UdpListenerParts): Promise<UdpListener> {
    return new UdpListener(await openEngine(options, parts));
  }

  private constructor(engine: UdpEngine) {
    this.#engine = engine;
  }

  get addresses(): readonly BoundAddress[] {
    return this.#engine.addresses;
  }

  /** Replies to every datagram read before, and closes the sockets. */
  async drain(): Promise<void> {
    await this.#engine.drain();
  }
}

async function openEngine(options: UdpListenerOptions, parts: UdpListenerParts): Promise<UdpEngine> {
  const { name, udpEngine } = options;
  if (udpEngine === 'dgram') return DgramEngine.open(options, parts);
  const batch = await BatchEngine.open(options, parts);
  if (batch instanceof BatchEngine) return batch;
  const { reason } = batch;
  if (udpEngine === 'batch') {
    throw new Error(
      `${name}: UDP_ENGINE=batch does not work here: ${reason}; set UDP_ENGINE to auto or dgram`,
    );
  }
  // The reason is the same in all workers of a process: only the first logs it.
  if (parts.worker === 0)
    parts.notice('no batched UDP here, node:dgram serves instead', { listener: name, reason });
  return DgramEngine.open(options, parts);
}
