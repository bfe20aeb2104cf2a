import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { BoundAddress } from '@echo-daytime/link';
import { AccessList, type AccessRules } from './access-list.ts';
import { plainAddress } from './addresses.ts';
import { bindUdp } from './bind.ts';
import { LoopGuard } from './loop-guard.ts';
import { type RateLimits, SourceRates } from './source-limits.ts';
import type { UdpCounters } from './udp-counters.ts';

/**
 * What the kernel may queue for us while the event loop is busy: a datagram dropped here would be blamed on the
 * path. The kernel caps it at net.core.rmem_max. Bytes.
 */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** The answer to one datagram. Called for each; what it returns may be shared by many answers. */
export type UdpProtocol = (request: Buffer) => Uint8Array;

export interface UdpListenerOptions extends RateLimits, AccessRules {
  /** Value of the metric label `listener`. */
  readonly name: string;
  readonly host: readonly string[];
  readonly port: number;
  /** The configuration key that sets the port, for messages. */
  readonly portKey: string;
  readonly loopGuard: boolean;
  /** Shorter requests get no answer. Bytes. */
  readonly minRequestBytes: number;
  /** Workers that share the port; the rate per source is shared out among them. */
  readonly workers: number;
}

export interface UdpListenerParts {
  readonly protocol: UdpProtocol;
  readonly counters: UdpCounters;
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Answers datagrams, one for one, except those that the limits and the guard drop. */
export class UdpListener {
  readonly #options: UdpListenerOptions;
  readonly #parts: UdpListenerParts;
  readonly #rates: SourceRates;
  readonly #sockets: Socket[] = [];
  readonly #addresses: BoundAddress[] = [];

  /** @throws ListenError that names the listener, the address, the port and what to do */
  static async open(options: UdpListenerOptions, parts: UdpListenerParts): Promise<UdpListener> {
    const listener = new UdpListener(options, parts);
    try {
      for (const host of options.host) await listener.#listen(host);
      return listener;
    } catch (error) {
      await listener.drain();
      throw error;
    }
  }

  private constructor(options: UdpListenerOptions, parts: UdpListenerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#rates = new SourceRates({
      ratePerSource: options.ratePerSource / options.workers,
      maxSources: options.maxSources,
    });
  }

  get addresses(): readonly BoundAddress[] {
    return this.#addresses;
  }

  /** Closes the sockets; every datagram read before has been answered. */
  async drain(): Promise<void> {
    await Promise.all(
      this.#sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(resolve))),
    );
  }

  async #listen(host: string): Promise<void> {
    const { name, portKey, workers } = this.#options;
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      reusePort: workers > 1,
      // An IPv4 socket can't be told so: EINVAL.
      ipv6Only: family === 6 && this.#options.host.includes('0.0.0.0'),
      // Where the answer goes is always an address: no look-up, no wait.
      lookup: (address, _options, done) => done(null, address, family),
    });
    this.#sockets.push(socket);
    const port = this.#addresses[0]?.port ?? this.#options.port;
    const bound = await bindUdp(socket, { name, host, port, portKey });
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    this.#addresses.push({ listener: name, protocol: 'udp', ...bound });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#parts.notice('receiving a datagram failed', { listener: name, reason: error.code });
    });
    this.#serve(socket, new LoopGuard(bound.port));
  }

  #serve(socket: Socket, guard: LoopGuard): void {
    const { counters, protocol } = this.#parts;
    const { loopGuard, minRequestBytes } = this.#options;
    const rates = this.#rates;
    const access = new AccessList(this.#options);
    const sent = (error: Error | null, bytes: number): void => {
      if (error) {
        counters.dropped.send_error.increment();
      } else {
        counters.sent.increment();
        counters.sentBytes.add(bytes);
      }
    };

    socket.on('message', (request: Buffer, source: RemoteInfo) => {
      counters.received.increment();
      counters.receivedBytes.add(request.length);
      const address = plainAddress(source.address);
      const refusal = loopGuard ? guard.verdict(address, source.port) : undefined;
      if (refusal !== undefined) {
        counters.dropped[refusal].increment();
      } else if (source.port === 0) {
        // Nobody can be answered there, guard or not.
        counters.dropped.source_port.increment();
      } else if (!access.permits(address)) {
        counters.dropped.denied.increment();
      } else if (request.length < minRequestBytes) {
        counters.dropped.too_short.increment();
      } else if (!rates.admit(address, performance.now())) {
        counters.dropped.rate.increment();
      } else {
        socket.send(protocol(request), source.port, source.address, sent);
      }
    });
  }
}
