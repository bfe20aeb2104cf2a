import type { CounterBlock, ListenerSpecs } from '@echo-daytime/worker';
import type { FastifyInstance } from 'fastify';
import type { CommonConfig, ListenerConfig } from './config/common-keys.ts';
import type { Keys } from './config/keys.ts';
import type { SharedMetrics } from './exposition/shared-metrics.ts';
import type { Logger } from './log.ts';
import type { Supervisor } from './supervisor.ts';

/** What a service adds to the runtime: its keys, its data plane and, where it has one, its own HTTP routes. */
export interface Service<Config extends CommonConfig & ListenerConfig> {
  readonly name: string;
  readonly version: string;
  /** One sentence for `--help`. */
  readonly description: string;
  readonly keys: Keys<Config>;
  /** Problems between keys, each a sentence that names its keys. */
  check?(config: Config): readonly string[];
  /** The configuration as the start line shows it, for a service in which one key can replace another. */
  effective?(config: Config): object;
  /** The module that calls `runDataPlane`. */
  readonly dataPlane: URL;
  readonly listeners?: ListenerSpecs;
  /** Declares what the data plane counts beside its listeners. */
  declareCounters?(block: CounterBlock, config: Config): unknown;
  /** Adds routes to the admin listener. */
  serve?(app: FastifyInstance, context: ServeContext<Config>): void | Promise<void>;
}

export interface ServeContext<Config> {
  readonly config: Config;
  readonly supervisor: Supervisor;
  /** Add counters that come and go here. The counters of the data plane are already in it. */
  readonly metrics: SharedMetrics;
  readonly log: Logger;
}
