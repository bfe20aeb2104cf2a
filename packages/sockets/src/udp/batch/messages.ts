import type { BoundAddress } from '@echo-daytime/worker';
import type { UdpListenerOptions } from '../engine.ts';

/** What the engine's thread is started with. */
export interface UdpThreadStart<Config> {
  readonly config: Config;
  readonly counters: SharedArrayBuffer | undefined;
  readonly options: UdpListenerOptions;
  /** Memory of the SharedFaults, where faults can be injected. */
  readonly faults: SharedArrayBuffer | undefined;
  /** Memory of the EngineControl. */
  readonly control: SharedArrayBuffer;
}

export type FromUdpThread =
  | { readonly type: 'listening'; readonly addresses: readonly BoundAddress[] }
  /** This machine can't do it; the thread ends by itself after this. */
  | { readonly type: 'unavailable'; readonly reason: string }
  /** A ListenError; the thread ends by itself after this. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  /** Something abnormal, worth one log line. */
  | { readonly type: 'notice'; readonly message: string; readonly fields: Readonly<Record<string, unknown>> };
