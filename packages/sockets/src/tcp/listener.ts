import { descriptorLimit } from '@echo-daytime/linux/proc';
import { type BoundAddress, type Claims, OpenDescriptors, type SharedFaults } from '@echo-daytime/worker';
import { RESERVED_DESCRIPTORS } from '../descriptors.ts';
import { TcpFaults } from '../faults/tcp-faults.ts';
import { AccessList, type AccessRules } from '../policy/access-list.ts';
import { ProxyPolicy, type ProxyRules } from '../policy/proxy-protocol.ts';
import { SourceCounts } from '../policy/source-limits.ts';
import type { Source } from '../udp/addresses.ts';
import { type Arrivals, PlainIntake, type TcpIntake } from './acceptor.ts';
import { type Deadlines, TcpConnection, type TcpProtocol } from './connection.ts';
import type { RefusedReason, TcpCounters } from './counters.ts';
import { openDirectIntake } from './epoll-acceptor.ts';
import { SendQueues } from './send-queues.ts';
import type { TcpWire } from './transport.ts';

/** The deadline clock ticks ten times within the shortest deadline, between these bounds. Milliseconds. */
const MIN_TICK_MS = 10;
const MAX_TICK_MS = 100;
/**
 * While draining, a connection without traffic for this long since has been given all it is owed. Longer than the round
 * trip to the other side of the earth: a client that asks again as soon as it is answered is not quiet. Milliseconds.
 */
const DRAIN_QUIET_MS = 225;
/**
 * A drain waits for the next exchange of a connection, to end it behind that: at any other moment the FIN may cross a
 * question. One without traffic for this long, or for this share of the drain if that is less, is taken for idle.
 * Longer than the second after which many clients ask again. Milliseconds.
 */
const DRAIN_IDLE_MS = 1_500;
const DRAIN_IDLE_SHARE = 0.2;
/** How often a drain looks at its connections, and so how coarse its clock is. Milliseconds. */
const DRAIN_STEP_MS = 25;
/** A connection that is never quiet is sent FIN with its next answer when this share of the drain is over. */
const DRAIN_BUSY_SHARE = 0.8;
/** At most one notice in this time says that connections can't be accepted. Milliseconds. */
const ACCEPT_NOTICE_MS = 10_000;
const SLOW_WAY = 'no direct calls of the system here: connections go the slower way through node:net alone';

/** One notice in this time tells of all the connections that found no descriptor. Milliseconds. */
const DESCRIPTORS_NOTICE_MS = 10_000;

export interface TcpListenerOptions extends Deadlines, AccessRules, ProxyRules {
  /** Value of the metric label `listener`. */
  readonly name: string;
  readonly host: readonly string[];
  readonly port: number;
  /** The configuration key that sets the port, for messages. */
  readonly portKey: string;
  readonly backlog: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  /** Workers that share the port; the limit per source is shared out among them. */
  readonly workers: number;
}

export interface TcpListenerParts {
  readonly protocol: TcpProtocol;
  readonly counters: TcpCounters;
  readonly claims: Claims;
  /** Of this worker. */
  readonly descriptors: OpenDescriptors;
  /** What is injected into its answers, where that can be. */
  readonly faults?: SharedFaults | undefined;
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Accepts connections within its limits, keeps their deadlines and drains them. */
export class TcpListener {
  /** Coarse monotonic clock, milliseconds: a plain read on the hot path. */
  now = performance.now();
  readonly deadlines: Deadlines;
  readonly counters: TcpCounters;
  readonly #options: TcpListenerOptions;
  readonly #parts: TcpListenerParts;
  #intake: TcpIntake | undefined;
  readonly #addresses: BoundAddress[] = [];
  readonly #connections = new Set<TcpConnection>();
  readonly #sources: SourceCounts;
  readonly #access: AccessList;
  readonly #proxies: ProxyPolicy;
  readonly #faults: TcpFaults | undefined;
  readonly #ticker: NodeJS.Timeout;
  /** Descriptors from this number on are not for connections. */
  readonly #endOfDescriptors: number;
  #noticeDescriptorsFrom = Number.NEGATIVE_INFINITY;
  /** How many more are served. */
  #places = Number.POSITIVE_INFINITY;
  #acceptQuietUntil = 0;
  #onEmpty: (() => void) | undefined;

  /** @throws ListenError that names the listener, the address, the port and what to do */
  static async open(options: TcpListenerOptions, parts: TcpListenerParts): Promise<TcpListener> {
    const listener = new TcpListener(options, parts);
    try {
      const intake = await listener.#openIntake();
      listener.#intake = intake;
      for (const host of options.host) await listener.#listen(intake, host);
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
    this.#faults = parts.faults && new TcpFaults(parts.faults);
    this.#endOfDescriptors = Math.min(descriptorLimit(), OpenDescriptors.capacity) - RESERVED_DESCRIPTORS;
    const deadlines = [options.idleTimeout, options.writeTimeout].filter((deadline) => deadline > 0);
    const tick = Math.min(MAX_TICK_MS, Math.max(MIN_TICK_MS, Math.min(...deadlines) / 10));
    this.#ticker = setInterval(() => this.#tick(), tick);
  }

  get addresses(): readonly BoundAddress[] {
    return this.#addresses;
  }

  /** Counts one more connection of a source, or says which limit forbids it; for TcpConnection. */
  admit({ address }: Source): RefusedReason | undefined {
    if (this.#faults?.refuses()) return 'fault';
    if (!this.#access.permits(address)) return 'denied';
    return this.#sources.claim(address) ? undefined : 'max_per_source';
  }

  /** A connection has ended; for TcpConnection. */
  closed(connection: TcpConnection, admitted: Source | undefined): void {
    this.#connections.delete(connection);
    if (admitted) this.#sources.release(admitted.address);
    this.#parts.claims.release();
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  /**
   * Stops accepting, sends each connection FIN as soon as it has all it is owed, and destroys what is left
   * after `timeoutMs`.
   */
  async drain(timeoutMs: number): Promise<void> {
    const accepted = this.#stopAccepting();
    clearInterval(this.#ticker);
    // What the clock, coarse until here, has seen of a connection does not tell whether it is quiet now.
    this.#tick();
    const startedAt = this.now;
    const step = setInterval(() => {
      this.#tick();
      // Behind what the sockets have received: if it was this thread that stood still, nobody was quiet.
      this.#intake?.soon(() => this.#drainStep(startedAt, timeoutMs));
    }, DRAIN_STEP_MS);
    const deadline = setTimeout(() => {
      // A flood that keeps the accept queues full must not hold up the drain.
      this.#intake?.close();
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

  /** The direct way where the system has it; Node's where timers have to be exact, as faults need them. */
  async #openIntake(): Promise<TcpIntake> {
    const arrivals: Arrivals = {
      arrived: (wire) => this.#accept(wire),
      failed: (code) => this.#acceptFailed(code),
    };
    if (this.#faults) return new PlainIntake(arrivals);
    const direct = await openDirectIntake(arrivals, this.#parts.descriptors);
    if (!('reason' in direct)) return direct;
    this.#parts.notice(SLOW_WAY, { listener: this.#options.name, reason: direct.reason });
    return new PlainIntake(arrivals);
  }

  async #listen(intake: TcpIntake, host: string): Promise<void> {
    const { name, backlog, workers, portKey } = this.#options;
    const address = await intake.listen({
      name,
      host,
      port: this.#addresses[0]?.port ?? this.#options.port,
      portKey,
      backlog,
      reusePort: workers > 1,
      ipv6Only: this.#options.host.includes('0.0.0.0'),
    });
    this.#addresses.push({ listener: name, protocol: 'tcp', ...address });
  }

  #accept(wire: TcpWire): void {
    this.#places -= 1;
    if (this.#places < 0) {
      this.#refuse(wire, 'draining');
    } else if (wire.descriptor >= this.#endOfDescriptors) {
      this.#refuse(wire, 'no_descriptors');
      this.#noticeNoDescriptors();
    } else if (!this.#parts.claims.claim(this.#options.maxConnections)) {
      this.#refuse(wire, 'max_connections');
    } else {
      const connection = this.#faults?.connection(wire, this) ?? new TcpConnection(wire, this);
      this.#connections.add(connection);
      const { peer } = connection;
      // The peer is gone: a connection that was reset has no address any more that could be judged.
      if (peer === undefined) connection.destroy('reset');
      else this.#proxies.open(connection, peer, this.#parts.protocol);
    }
  }

  /** RST: the peer learns at once, and we keep no state for it. */
  #refuse(wire: TcpWire, reason: RefusedReason): void {
    this.counters.refused[reason].increment();
    wire.reset();
  }

  /** What keeps one connection out keeps out the ones behind it too: that is one line, not thousands. */
  #acceptFailed(reason: string): void {
    if (this.now < this.#acceptQuietUntil) return;
    this.#acceptQuietUntil = this.now + ACCEPT_NOTICE_MS;
    this.#parts.notice('accepting a connection failed', { listener: this.#options.name, reason });
  }

  #warnOfFewDescriptors(): void {
    const { name, maxConnections } = this.#options;
    if (maxConnections <= this.#endOfDescriptors) return;
    const most = this.#endOfDescriptors;
    this.#parts.notice(
      `MAX_CONNECTIONS=${maxConnections} can't be reached: this process may open ${most + RESERVED_DESCRIPTORS} files, which leaves fewer than ${most} for connections; raise the limit (ulimit -n) or lower MAX_CONNECTIONS`,
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
    const elapsed = this.now - startedAt;
    const idleMs = Math.min(DRAIN_IDLE_MS, timeoutMs * DRAIN_IDLE_SHARE);
    const quietMs = Math.min(DRAIN_QUIET_MS, idleMs);
    for (const connection of this.#connections) {
      const hasSpoken = connection.quietMs < elapsed;
      const isQuiet = hasSpoken ? connection.quietMs >= quietMs + DRAIN_STEP_MS : elapsed >= idleMs;
      if (connection.owedBytes === 0 && isQuiet) connection.end('drain');
      else if (elapsed >= timeoutMs * DRAIN_BUSY_SHARE) connection.endAfterAnswer();
    }
  }

  /** Serves as many of the connections that wait as the accept queues hold. Beyond that they are refused. */
  async #stopAccepting(): Promise<void> {
    // A queue holds one more than its backlog.
    this.#places = (this.#options.backlog + 1) * this.#addresses.length;
    await this.#intake?.acceptQueued();
    // Those that came to one address while another was served.
    await this.#intake?.acceptQueued();
    this.#intake?.close();
  }
}
