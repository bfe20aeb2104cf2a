import { descriptorLimit } from '@echo-daytime/linux/proc';
import {
  type BoundAddress,
  type ConnectionLimit,
  OpenDescriptors,
  type SharedFaults,
} from '@echo-daytime/worker';
import { RESERVED_DESCRIPTORS } from '../descriptors.ts';
import type { Endpoint } from '../endpoint.ts';
import { TcpFaults } from '../faults/tcp-faults.ts';
import { AccessList, type AccessRules } from '../policy/access-list.ts';
import { ProxyPolicy, type ProxyRules } from '../policy/proxy-protocol.ts';
import { SourceCounts } from '../policy/source-limits.ts';
import type { TcpAcceptor } from './acceptor.ts';
import { TcpConnection, type TcpProtocol } from './connection.ts';
import type { RefusedReason, TcpCounters } from './counters.ts';
import { type Deadlines, tickMs } from './deadlines.ts';
import { DRAIN_STEP_MS, drainStep } from './drain-policy.ts';
import { openAcceptor, type TcpEngineChoice, type TcpEngineParts } from './engine.ts';
import { FaultyTransport } from './faulty-transport.ts';
import { SendQueues } from './send-queues.ts';
import type { TcpTransport } from './transport.ts';

/** Time between two notices that accepting failed. Milliseconds. */
const ACCEPT_NOTICE_MS = 10_000;
/** Time between two notices that connections were refused for lack of descriptors. Milliseconds. */
const DESCRIPTORS_NOTICE_MS = 10_000;

export interface TcpListenerOptions extends Deadlines, AccessRules, ProxyRules {
  /** Value of the metric label `listener`. */
  readonly name: string;
  readonly host: readonly string[];
  readonly port: number;
  /** The configuration key that sets the port, for messages. */
  readonly portKey: string;
  readonly tcpEngine: TcpEngineChoice;
  /** Whether the kernel keeps the SYN of each connection; off by default. */
  readonly saveSyn?: boolean;
  readonly backlog: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  /** Number of workers that share the port; each gets an equal part of the limit per source. */
  readonly workers: number;
}

export interface TcpListenerParts extends TcpEngineParts {
  readonly protocol: TcpProtocol;
  readonly counters: TcpCounters;
  readonly connectionLimit: ConnectionLimit;
  /** The faults injected into the replies; undefined where FAULTS is off. */
  readonly faults?: SharedFaults | undefined;
}

/** Accepts connections within its limits, keeps their deadlines and drains them. */
export class TcpListener {
  /** Coarse monotonic clock, milliseconds: a plain read on the hot path. */
  now = performance.now();
  readonly deadlines: Deadlines;
  readonly counters: TcpCounters;
  readonly #options: TcpListenerOptions;
  readonly #parts: TcpListenerParts;
  #acceptor: TcpAcceptor | undefined;
  readonly #addresses: BoundAddress[] = [];
  readonly #connections = new Set<TcpConnection>();
  readonly #sources: SourceCounts;
  readonly #access: AccessList;
  readonly #proxies: ProxyPolicy;
  readonly #faults: TcpFaults | undefined;
  readonly #ticker: NodeJS.Timeout;
  /** Connections use descriptors below this number only. */
  readonly #endOfDescriptors: number;
  #noticeDescriptorsFrom = Number.NEGATIVE_INFINITY;
  /** How many more connections a drain serves; without limit before it. */
  #acceptsLeft = Number.POSITIVE_INFINITY;
  #acceptQuietUntil = 0;
  #onEmpty: (() => void) | undefined;

  /** @throws ListenError that names the listener, the address, the port and what to do */
  static async open(options: TcpListenerOptions, parts: TcpListenerParts): Promise<TcpListener> {
    const listener = new TcpListener(options, parts);
    try {
      const acceptor = await openAcceptor(options, parts, {
        onConnection: (transport) => listener.#accept(transport),
        onError: (code) => listener.#acceptFailed(code),
      });
      listener.#acceptor = acceptor;
      for (const host of options.host) await listener.#listen(acceptor, host);
      listener.#warnOfFewDescriptors();
      return listener;
    } catch (error) {
      await listener.drain(0);
      throw error;
    }
  }

  private constructor(options: TcpListenerOptions, parts: TcpListenerParts) {
    this.#options = options;
    this.#parts = parts;
    this.counters = parts.counters;
    this.deadlines = options;
    this.#sources = new SourceCounts(Math.ceil(options.maxConnectionsPerSource / options.workers));
    this.#access = new AccessList(options);
    this.#proxies = new ProxyPolicy(options);
    this.#faults = parts.faults && new TcpFaults(parts.faults, options.idleTimeout);
    this.#endOfDescriptors = Math.min(descriptorLimit(), OpenDescriptors.capacity) - RESERVED_DESCRIPTORS;
    this.#ticker = setInterval(() => this.#tick(), tickMs(options));
  }

  get addresses(): readonly BoundAddress[] {
    return this.#addresses;
  }

  /** Counts one more connection of a source, or says which limit forbids it; for TcpConnection. */
  admit({ address }: Endpoint): RefusedReason | undefined {
    if (this.#faults?.refuses()) return 'fault';
    if (!this.#access.permits(address)) return 'denied';
    return this.#sources.acquire(address) ? undefined : 'max_per_source';
  }

  /** A connection has ended; for TcpConnection. */
  closed(connection: TcpConnection, admitted: Endpoint | undefined): void {
    this.#connections.delete(connection);
    if (admitted) this.#sources.release(admitted.address);
    this.#parts.connectionLimit.release();
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  /**
   * Stops accepting, sends FIN to each connection when it is idle and has no pending bytes, and destroys the rest after
   * `timeoutMs`.
   */
  async drain(timeoutMs: number): Promise<void> {
    const accepted = this.#stopAccepting();
    clearInterval(this.#ticker);
    // The clock was coarse until now: a connection with recent traffic could look idle.
    this.#tick();
    const startedAt = this.now;
    const step = setInterval(() => {
      this.#tick();
      // After reading what has arrived: if this thread was stalled, its connections only look idle.
      this.#acceptor?.soon(() => this.#drainStep(startedAt, timeoutMs));
    }, DRAIN_STEP_MS);
    const deadline = setTimeout(() => {
      // A flood that keeps the accept queues full must not hold up the drain.
      this.#acceptor?.close();
      for (const connection of this.#connections) connection.destroy('drain');
    }, timeoutMs);
    await accepted;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
    });
    clearInterval(step);
    clearTimeout(deadline);
  }

  async #listen(acceptor: TcpAcceptor, host: string): Promise<void> {
    const { name, backlog, workers, portKey } = this.#options;
    const address = await acceptor.listen({
      name,
      host,
      port: this.#addresses[0]?.port ?? this.#options.port,
      portKey,
      backlog,
      reusePort: workers > 1,
      ipv6Only: this.#options.host.includes('0.0.0.0'),
    });
    this.#addresses.push({ listener: name, protocol: 'tcp', ...address, engine: acceptor.engine });
  }

  #accept(transport: TcpTransport): void {
    this.#acceptsLeft -= 1;
    if (this.#acceptsLeft < 0) {
      this.#refuse(transport, 'draining');
    } else if (transport.descriptor >= this.#endOfDescriptors) {
      this.#refuse(transport, 'no_descriptors');
      this.#noticeNoDescriptors();
    } else if (!this.#parts.connectionLimit.acquire(this.#options.maxConnections)) {
      this.#refuse(transport, 'max_connections');
    } else {
      const faulty = this.#faults && new FaultyTransport(transport, this.#faults);
      const connection = new TcpConnection(faulty ?? transport, this);
      this.#connections.add(connection);
      const { peer } = connection;
      // A connection that was reset in the accept queue has no peer address to check.
      if (peer === undefined) connection.destroy('reset');
      else this.#proxies.open(connection, peer, this.#parts.protocol);
    }
  }

  /** RST tells the peer at once, and leaves no state in the kernel. */
  #refuse(transport: TcpTransport, reason: RefusedReason): void {
    this.counters.refused[reason].increment();
    transport.reset();
  }

  /** An error such as EMFILE repeats for each queued connection: one line in the log, not thousands. */
  #acceptFailed(reason: string): void {
    if (this.now < this.#acceptQuietUntil) return;
    this.#acceptQuietUntil = this.now + ACCEPT_NOTICE_MS;
    this.#parts.notice('accepting a connection failed', { listener: this.#options.name, reason });
  }

  #warnOfFewDescriptors(): void {
    const { name, maxConnections } = this.#options;
    if (maxConnections <= this.#endOfDescriptors) return;
    const usable = this.#endOfDescriptors;
    this.#parts.notice(
      `MAX_CONNECTIONS=${maxConnections} can't be reached: this process may open ${usable + RESERVED_DESCRIPTORS} files, which leaves fewer than ${usable} for connections; raise the limit (ulimit -n) or lower MAX_CONNECTIONS`,
      { listener: name, reason: 'no_descriptors' },
    );
  }

  #noticeNoDescriptors(): void {
    if (this.now < this.#noticeDescriptorsFrom) return;
    this.#noticeDescriptorsFrom = this.now + DESCRIPTORS_NOTICE_MS;
    const limit = this.#endOfDescriptors + RESERVED_DESCRIPTORS;
    this.#parts.notice(
      `connections are refused: nearly all of the ${limit} files that this process may open are; raise the limit (ulimit -n) or lower MAX_CONNECTIONS`,
      { listener: this.#options.name, reason: 'no_descriptors' },
    );
  }

  #tick(): void {
    this.now = performance.now();
    const sendQueues = new SendQueues();
    for (const connection of this.#connections) connection.checkDeadlines(sendQueues);
  }

  #drainStep(startedAt: number, timeoutMs: number): void {
    for (const connection of this.#connections) {
      const step = drainStep(connection, this.now - startedAt, timeoutMs);
      if (step === 'end') connection.end('drain');
      else if (step === 'end after reply') connection.endAfterReply();
    }
  }

  /** Serves the queued connections, as many as the accept queues hold. Connections beyond that are refused. */
  async #stopAccepting(): Promise<void> {
    // A queue holds one more than its backlog.
    this.#acceptsLeft = (this.#options.backlog + 1) * this.#addresses.length;
    await this.#acceptor?.acceptQueued();
    // Again, for connections that came to one address while those of another were accepted.
    await this.#acceptor?.acceptQueued();
    this.#acceptor?.close();
  }
}
