import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BoundAddress, DataPlaneContext, SharedFaults } from '@echo-daytime/worker';
import { ListenError } from '../../bind.ts';
import type { UdpEngine, UdpListenerOptions } from '../engine.ts';
import { EngineControl } from './engine-control.ts';
import type { FromUdpThread, UdpThreadStart } from './messages.ts';

/** What a thread of the engine needs to answer as its data plane would. */
export interface UdpThread {
  /** The module that calls `runUdpThread`. */
  readonly entry: URL;
  /** The service's configuration. */
  readonly config: unknown;
  /** Memory of the worker's counters; those of the listener are written by the thread alone. */
  readonly counters: SharedArrayBuffer | undefined;
  /** Number of the worker whose listener it serves. */
  readonly worker: number;
}

/** The thread whose module is `udp-thread` beside a service's data plane: TypeScript from source, JavaScript bundled. */
export function udpThreadBeside(dataPlane: string, context: DataPlaneContext<unknown>): UdpThread {
  return {
    entry: new URL(`./udp-thread${extname(dataPlane)}`, dataPlane),
    config: context.config,
    counters: context.counters.memory,
    worker: context.worker,
  };
}

interface BatchParts {
  readonly thread: UdpThread;
  /** What is injected into its replies, where that can be. */
  readonly faults?: SharedFaults | undefined;
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/**
 * recvmmsg and sendmmsg, which take many datagrams with one system call and answer from the address that was asked.
 * They block, so that they have a thread of their own, which shares the worker's counters. The worker lives and dies
 * with it.
 */
export class BatchEngine implements UdpEngine {
  readonly addresses: readonly BoundAddress[];
  readonly #control: EngineControl;
  readonly #exited: Promise<void>;

  /**
   * @returns the engine, or why there can't be one here
   * @throws ListenError that names the listener, the address, the port and what to do
   */
  static async open(
    options: UdpListenerOptions,
    { thread: { entry, config, counters }, faults, notice }: BatchParts,
  ): Promise<BatchEngine | { readonly reason: string }> {
    const control = new EngineControl();
    const thread = new Worker(entry, {
      name: options.name,
      workerData: {
        config,
        counters,
        options,
        faults: faults?.memory,
        control: control.memory,
      } satisfies UdpThreadStart<unknown>,
    });
    const { promise, resolve, reject } = Promise.withResolvers<BatchEngine | { readonly reason: string }>();
    let serving = false;
    let unavailable: { readonly reason: string } | undefined;
    let failure: Error | undefined;
    const exited = new Promise<void>((ended) => {
      thread.on('exit', (code) => {
        ended();
        // Not before: only now are the sockets closed that the other engine will want to have.
        if (unavailable) resolve(unavailable);
        const error =
          failure ??
          new Error(`${options.name}: the thread of the batched UDP engine ended, exit code ${code}`);
        reject(error);
        // Thrown where nobody catches it: it ends the worker, which is then started again as a whole.
        if (serving && !control.draining) throw error;
      });
    });
    thread.on('error', (error: Error) => {
      failure = error;
    });
    thread.on('message', (message: FromUdpThread) => {
      switch (message.type) {
        case 'listening':
          serving = true;
          resolve(new BatchEngine(message.addresses, control, exited));
          break;
        case 'unavailable':
          unavailable = { reason: message.reason };
          break;
        case 'refused':
          reject(new ListenError(message.code, message.message, new Error(message.message)));
          break;
        case 'notice':
          notice(message.message, message.fields);
          break;
      }
    });
    return promise;
  }

  private constructor(addresses: readonly BoundAddress[], control: EngineControl, exited: Promise<void>) {
    this.addresses = addresses;
    this.#control = control;
    this.#exited = exited;
  }

  alive(): boolean {
    return this.#control.hasBeaten();
  }

  async drain(): Promise<void> {
    this.#control.drain();
    await this.#exited;
  }
}
