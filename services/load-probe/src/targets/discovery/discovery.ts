import type { Logger, SharedMetrics } from '@echo-daytime/runtime';
import type { TargetsChange } from '../../monitor/assignments.ts';
import { type DiscoveryCounters, discoveryCounters } from '../../monitor/discovery-metrics.ts';
import type { DiscoveryStatus } from '../../monitor/status/types.ts';
import { familyLabel } from '../../net/family.ts';
import type { Target } from '../target.ts';
import { NameWatch, type NameWatchOptions } from './name-watch.ts';
import { peerOf } from './peer.ts';

export interface DiscoveryOptions {
  readonly intervalMs: number;
  readonly lookUp: NameWatchOptions['lookUp'];
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly metrics: Pick<SharedMetrics, 'add' | 'remove'>;
  /** Milliseconds since the Unix epoch. */
  epoch(): number;
  /** Probes exactly these targets from now on. */
  probe(targets: readonly Target[]): TargetsChange;
  /** Receives the status of each target with `discover`, whenever it may have changed. */
  report(discoveries: readonly DiscoveryStatus[]): void;
}

/** A target with `discover`, whatever its flows. */
interface Discovered {
  readonly name: string;
  readonly url: string;
  readonly host: string;
}

/**
 * Replaces each target with `discover` by its peers, and updates them as DNS changes. Targets with the same host share
 * its lookups.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  /** By host. */
  readonly #watches = new Map<string, NameWatch>();
  /** By the name of a target. */
  readonly #counters = new Map<string, DiscoveryCounters>();
  #configured: readonly Target[] = [];

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /** Probes these targets, with peers in place of those with `discover`. The peers of a host that stays are kept. */
  set(configured: readonly Target[]): TargetsChange {
    this.#configured = configured;
    this.#keepCounters(new Set(this.#discovered().map(({ name }) => name)));
    this.#keepWatches(new Set(this.#discovered().map(({ host }) => host)));
    return this.#probe();
  }

  #keepCounters(names: ReadonlySet<string>): void {
    const { metrics } = this.#options;
    for (const [name, { source }] of this.#counters) {
      if (names.has(name)) continue;
      metrics.remove(source);
      this.#counters.delete(name);
    }
    for (const name of names) {
      if (this.#counters.has(name)) continue;
      const counters = discoveryCounters(name);
      this.#counters.set(name, counters);
      metrics.add(counters.source);
    }
  }

  #keepWatches(hosts: ReadonlySet<string>): void {
    for (const [host, watch] of this.#watches) {
      if (hosts.has(host)) continue;
      watch.close();
      this.#watches.delete(host);
    }
    for (const host of hosts) {
      if (!this.#watches.has(host)) this.#watches.set(host, this.#watch(host));
    }
  }

  #watch(host: string): NameWatch {
    const { epoch, intervalMs, log, lookUp } = this.#options;
    return new NameWatch({
      host,
      intervalMs,
      lookUp,
      log,
      epoch,
      answered: ({ added, removed }) => {
        if (added.length + removed.length > 0) this.#probe();
        else this.#report();
      },
      failed: (family) => {
        for (const discovered of this.#discovered()) {
          if (discovered.host !== host) continue;
          this.#counters.get(discovered.name)?.failures[familyLabel(family)].increment();
        }
        this.#report();
      },
    });
  }

  #probe(): TargetsChange {
    const change = this.#options.probe(
      this.#configured.flatMap((target) =>
        target.discover === 'dns'
          ? this.#addressesOf(target.host).map((address) => peerOf(target, address))
          : [target],
      ),
    );
    this.#report();
    return change;
  }

  #report(): void {
    const { intervalMs, report } = this.#options;
    const statuses = this.#discovered().map(({ name, url, host }): DiscoveryStatus => {
      const peers = this.#addressesOf(host).length;
      const { lookup = { state: 'pending' }, omitted = 0 } = this.#watches.get(host) ?? {};
      return { target: name, url, intervalMs, peers, omitted, lookup };
    });
    for (const { target, peers, omitted } of statuses) {
      const counters = this.#counters.get(target);
      counters?.peers.set(peers);
      counters?.omitted.set(omitted);
    }
    report(statuses);
  }

  #addressesOf(host: string): readonly string[] {
    return this.#watches.get(host)?.addresses ?? [];
  }

  #discovered(): Discovered[] {
    const templates = this.#configured.filter(({ discover }) => discover === 'dns');
    return [...new Map(templates.map((target) => [target.name, target])).values()];
  }
}
