import { readdirSync } from 'node:fs';
import { allocatorSettings } from '../../harness/allocator-settings.ts';
import { freePort } from '../../harness/free-port.ts';
import { mainModule } from '../../harness/main-module.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { listeners } from '../listeners.ts';
import { type Environment, optionalPorts, startService } from '../service.ts';
import { ClientCounts } from './accounting.ts';

/** The resources of a process at one moment. */
export interface Sample {
  /** Time since the start of the load. */
  readonly seconds: number;
  readonly rssBytes: number;
  /** JavaScript heap of the main thread; the heaps of the workers show in `rssBytes` only. */
  readonly heapBytes: number;
  readonly descriptors: number;
  /** Handles of the main thread's event loop. */
  readonly handles: number;
  readonly cpuSeconds: number;
  readonly connections: number;
}

/** One process of the fleet. */
export class Member {
  readonly name: string;
  readonly service: ServiceProcess;
  /** The counts of the soak's clients; empty for services that only the probe uses. */
  readonly counts = new ClientCounts();
  readonly samples: Sample[] = [];
  /** Its resources before the load and after it. */
  readonly atRest: Sample[] = [];

  constructor(name: string, service: ServiceProcess) {
    this.name = name;
    this.service = service;
  }

  async sample(seconds: number): Promise<Sample> {
    const metrics = await this.service.metrics();
    return {
      seconds,
      rssBytes: metrics.value('process_resident_memory_bytes'),
      heapBytes: metrics.value('nodejs_heap_size_used_bytes'),
      descriptors: readdirSync(`/proc/${this.service.child.pid}/fd`).length,
      handles: metrics.value('nodejs_active_handles_total'),
      cpuSeconds: metrics.value('process_cpu_seconds_total'),
      connections: metrics.sum('l4_tcp_connections_open'),
    };
  }
}

export interface FleetOptions {
  /** The idle timeout, such as `3s`. */
  readonly idleTimeout: string;
  /** The path of the probe's targets file. */
  readonly targetsFile: (watched: Watched) => string;
}

/** The port of a listener that the probe probes. */
export type Watched = (listener: keyof typeof listeners) => number;

/**
 * The services with default settings, except for ports, shorter deadlines and early garbage collection. Some are for
 * the soak's own clients, and all their counts must be right. Others are for the probe, whose targets change; these are
 * not counted.
 */
export class Fleet implements AsyncDisposable {
  readonly driven: Readonly<Record<'echo' | 'twoWorkers' | 'daytime' | 'udpDaytime', Member>>;
  readonly watched: Readonly<Record<'echo' | 'daytime' | 'udpDaytime', Member>>;
  readonly probe: Member;
  readonly #started: AsyncDisposableStack;

  static async start({ idleTimeout, targetsFile }: FleetOptions): Promise<Fleet> {
    await using started = new AsyncDisposableStack();
    const start = async (name: string, service: string, own: Environment = {}): Promise<Member> => {
      const env = {
        TZ: 'UTC',
        IDLE_TIMEOUT: idleTimeout,
        WRITE_TIMEOUT: idleTimeout,
        DIALOG_READ_TIMEOUT: idleTimeout,
        ...allocatorSettings,
        NODE_OPTIONS: `--import=${mainModule('tests/hostile/soak/release-memory.ts')}`,
        ...(await optionalPorts()),
      };
      return new Member(name, started.use(await startService(service, { ...env, ...own })));
    };
    const members = await Promise.all([
      start('echo', 'echo'),
      start('echo, 2 workers', 'echo', { PORT: `${await freePort()}`, WORKERS: '2' }),
      start('daytime', 'daytime'),
      start('udp-daytime', 'udp-daytime'),
      start('echo, probed', 'echo'),
      start('daytime, probed', 'daytime'),
      start('udp-daytime, probed', 'udp-daytime'),
    ]);
    const [, , , , echo, daytime, udpDaytime] = members;
    const file = targetsFile((listener) => {
      const { service } = listeners[listener];
      const watched = { echo, daytime, 'udp-daytime': udpDaytime }[service];
      return watched.service.port(listener);
    });
    const probe = await start('load-probe', 'load-probe', { TARGETS_FILE: file });
    return new Fleet(members, probe, started.move());
  }

  private constructor(
    members: readonly [Member, Member, Member, Member, Member, Member, Member],
    probe: Member,
    started: AsyncDisposableStack,
  ) {
    const [echo, twoWorkers, daytime, udpDaytime, watchedEcho, watchedDaytime, watchedUdpDaytime] = members;
    this.driven = { echo, twoWorkers, daytime, udpDaytime };
    this.watched = { echo: watchedEcho, daytime: watchedDaytime, udpDaytime: watchedUdpDaytime };
    this.probe = probe;
    this.#started = started;
  }

  get members(): readonly Member[] {
    return [...Object.values(this.driven), ...Object.values(this.watched), this.probe];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }
}
