import { readdirSync, readFileSync } from 'node:fs';
import { freePort } from '../../harness/free-port.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { listeners } from '../listeners.ts';
import { type Environment, optionalPorts, startService } from '../service.ts';
import { ClientCounts } from './accounting.ts';

/** What a process held at one moment. */
export interface Sample {
  /** Since the load began. */
  readonly seconds: number;
  readonly rssBytes: number;
  /** JavaScript heap of the main thread; that of the workers shows in `rssBytes` only. */
  readonly heapBytes: number;
  readonly descriptors: number;
  /** Of the main thread's event loop. */
  readonly handles: number;
  readonly cpuSeconds: number;
  readonly connections: number;
}

/** One process of the fleet. */
export class Member {
  readonly name: string;
  readonly service: ServiceProcess;
  /** What the clients of the soak counted; of those that only the probe talks to, nothing. */
  readonly counts = new ClientCounts();
  readonly samples: Sample[] = [];
  /** What it held before the load and after it. */
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
  /** How long a silent client may stay, `3s`. */
  readonly idleTimeout: string;
  /** Of the probe. */
  readonly targetsFile: (watched: Watched) => string;
}

/** The port of a listener that the probe watches. */
export type Watched = (listener: keyof typeof listeners) => number;

/**
 * As shipped, but for the ports, for deadlines that a soak can see pass, and for garbage that is collected early. Targets
 * that the soak's own clients talk to, whose every count has to be right, and others for the probe, whose targets come
 * and go uncounted.
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
        MALLOC_TRIM_THRESHOLD_: trimThreshold(),
        NODE_OPTIONS: `--import=${new URL('release-memory.ts', import.meta.url)}`,
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

/** As the images set it: mallopt(3). */
function trimThreshold(): string {
  const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
  const set = /^ENV MALLOC_TRIM_THRESHOLD_=(\d+)$/m.exec(dockerfile)?.[1];
  if (!set) throw new Error('the Dockerfile sets no MALLOC_TRIM_THRESHOLD_ for the soak to set too');
  return set;
}
