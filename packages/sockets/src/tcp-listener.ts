import { createServer, type Server, type Socket } from 'node:net';
import type { BoundAddress, Claims } from '@echo-daytime/link';
import { AccessList, type AccessRules } from './access-list.ts';
import { plainAddress, type Source } from './addresses.ts';
import { bindTcp } from './bind.ts';
import { ProxyPolicy, type ProxyRules } from './proxy-policy.ts';
import { SendQueues } from './send-queues.ts';
import { SourceCounts } from './source-limits.ts';
import { type Deadlines, TcpConnection, type TcpProtocol } from './tcp-connection.ts';
import type { RefusedReason, TcpCounters } from './tcp-counters.ts';

/** The deadline clock ticks ten times within the shortest deadline, between these bounds. Milliseconds. */
const MIN_TICK_MS = 10;
const MAX_TICK_MS = 100;
/** While draining, a connection without traffic for this long has been given all it is owed. Milliseconds. */
const DRAIN_QUIET_MS = 50;
/** How often a drain looks at its connections, and so how coarse its clock is. Milliseconds. */
const DRAIN_STEP_MS = 25;
/** A connection that is never quiet is sent FIN with its next answer when this share of the drain is over. */
const DRAIN_BUSY_SHARE = 0.8;

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
  readonly #servers: Server[] = [];
  readonly #addresses: BoundAddress[] = [];
  readonly #connections = new Set<TcpConnection>();
  readonly #sources: SourceCounts;
  readonly #access: AccessList;
  readonly #proxies: ProxyPolicy;
  readonly #ticker: NodeJS.Timeout;
  #draining = false;
  #onEmpty: (() => void) | undefined;

  /** @throws ListenError that names the listener, the address, the port and what to do */
  static async open(options: TcpListenerOptions, parts: TcpListenerParts): Promise<TcpListener> {
    const listener = new TcpListener(options, parts);
    try {
      for (const host of options.host) await listener.#listen(host);
      return listener;
    } catch (error) {
      listener.#stopAccepting();
      clearInterval(listener.#ticker);
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
    const deadlines = [options.idleTimeout, options.writeTimeout].filter((deadline) => deadline > 0);
    const tick = Math.min(MAX_TICK_MS, Math.max(MIN_TICK_MS, Math.min(...deadlines) / 10));
    this.#ticker = setInterval(() => this.#tick(), tick);
  }

  get addresses(): readonly BoundAddress[] {
    return this.#addresses;
  }

  /** Counts one more connection of a source, or says which limit forbids it; for TcpConnection. */
  admit({ address }: Source): RefusedReason | undefined {
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
    this.#draining = true;
    this.#stopAccepting();
    clearInterval(this.#ticker);
    // What the clock, coarse until here, has seen of a connection does not tell whether it is quiet now.
    this.#tick();
    const startedAt = this.now;
    const step = setInterval(() => this.#drainStep(startedAt, timeoutMs), DRAIN_STEP_MS);
    const deadline = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy('drain');
    }, timeoutMs);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
    });
    clearInterval(step);
    clearTimeout(deadline);
  }

  async #listen(host: string): Promise<void> {
    // Half-open connections are the protocol's business: RFC 862 answers what came before the FIN.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#servers.push(server);
    const { name, backlog, workers, portKey } = this.#options;
    const address = await bindTcp(server, {
      name,
      host,
      port: this.#addresses[0]?.port ?? this.#options.port,
      portKey,
      backlog,
      reusePort: workers > 1,
      ipv6Only: this.#options.host.includes('0.0.0.0'),
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      this.#parts.notice('accepting a connection failed', { listener: name, reason: error.code });
    });
    this.#addresses.push({ listener: name, protocol: 'tcp', ...address });
  }

  #accept(socket: Socket): void {
    if (this.#draining) {
      this.#refuse(socket, 'draining');
    } else if (!this.#parts.claims.claim(this.#options.maxConnections)) {
      this.#refuse(socket, 'max_connections');
    } else {
      const { remoteAddress, remotePort = 0 } = socket;
      const connection = new TcpConnection(socket, this);
      this.#connections.add(connection);
      if (remoteAddress === undefined) {
        // The peer is gone: a connection that was reset has no address any more that could be judged.
        connection.destroy('reset');
        return;
      }
      const peer = { address: plainAddress(remoteAddress), port: remotePort };
      this.#proxies.open(connection, peer, this.#parts.protocol);
    }
  }

  /** RST: the peer learns at once, and we keep no state for it. */
  #refuse(socket: Socket, reason: RefusedReason): void {
    this.counters.refused[reason].increment();
    socket.on('error', () => {});
    socket.resetAndDestroy();
  }

  #tick(): void {
    this.now = performance.now();
    const sendQueues = new SendQueues();
    for (const connection of this.#connections) connection.checkDeadlines(sendQueues);
  }

  #drainStep(startedAt: number, timeoutMs: number): void {
    this.#tick();
    const elapsed = this.now - startedAt;
    for (const connection of this.#connections) {
      const quietMs = Math.min(connection.quietMs, elapsed);
      if (connection.owedBytes === 0 && quietMs >= DRAIN_QUIET_MS + DRAIN_STEP_MS) connection.end('drain');
      else if (elapsed >= timeoutMs * DRAIN_BUSY_SHARE) connection.endAfterAnswer();
    }
  }

  #stopAccepting(): void {
    for (const server of this.#servers) server.close();
  }
}
