import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { addressBytes, plainAddress } from '@echo-daytime/addresses';
import { NodeClock } from '@echo-daytime/linux';
import { isSystemIpv6Only } from '@echo-daytime/linux/proc';
import type { BoundAddress, SharedFaults } from '@echo-daytime/worker';
import { bindUdp } from '../bind.ts';
import { type ReplySender, UdpFaults } from '../faults/udp-faults.ts';
import type { UdpCounters } from './counters.ts';
import {
  type HeaderProtocol,
  leavesIpv4,
  RECEIVE_BUFFER_BYTES,
  type RequestHeader,
  type UdpEngine,
  type UdpListenerOptions,
  type UdpProtocol,
} from './engine.ts';
import { type Sources, UdpPolicy } from './policy.ts';

export interface DgramParts {
  readonly protocol: UdpProtocol | HeaderProtocol;
  readonly counters: UdpCounters;
  /** The faults injected into the replies; undefined where FAULTS is off. */
  readonly faults?: SharedFaults | undefined;
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** A port, and an address of either family. */
const PORT_BYTES = 4;
const FLOW_BYTES = PORT_BYTES + 16;

const sources: Sources<RemoteInfo> = {
  key: ({ address }) => plainAddress(address),
  address: ({ address }) => plainAddress(address),
};

/** node:dgram, on every system: one or two system calls for each datagram. */
export class DgramEngine implements UdpEngine {
  readonly #options: UdpListenerOptions;
  readonly #parts: DgramParts;
  readonly #faults: UdpFaults<RemoteInfo>[] = [];
  readonly #sockets: Socket[] = [];
  readonly #addresses: BoundAddress[] = [];
  /** Shared by all sockets of the listener: the rate of a source counts over all of them. */
  #policy: UdpPolicy<RemoteInfo> | undefined;

  /** @throws ListenError that names the listener, the address, the port and what to do */
  static async open(options: UdpListenerOptions, parts: DgramParts): Promise<DgramEngine> {
    const engine = new DgramEngine(options, parts);
    try {
      for (const host of withOwnIpv4(options.host)) await engine.#listen(host);
      return engine;
    } catch (error) {
      await engine.drain();
      throw error;
    }
  }

  private constructor(options: UdpListenerOptions, parts: DgramParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get addresses(): readonly BoundAddress[] {
    return this.#addresses;
  }

  async drain(): Promise<void> {
    for (const faults of this.#faults) faults.release();
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
      // On an IPv4 socket this option fails with EINVAL.
      ipv6Only: family === 6 && leavesIpv4(this.#options.host),
      // The destination is always an address: no look-up is needed.
      lookup: (address, _options, done) => done(null, address, family),
    });
    this.#sockets.push(socket);
    const port = this.#addresses[0]?.port ?? this.#options.port;
    const bound = await bindUdp(socket, { name, host, port, portKey });
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    this.#addresses.push({ listener: name, protocol: 'udp', ...bound, engine: 'dgram' });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#parts.notice('receiving a datagram failed', { listener: name, reason: error.code });
    });
    this.#policy ??= new UdpPolicy(this.#options, bound.port, sources);
    this.#serve(socket, this.#policy);
  }

  #serve(socket: Socket, policy: UdpPolicy<RemoteInfo>): void {
    const { counters, protocol, faults } = this.#parts;
    const header = typeof protocol === 'function' ? undefined : new DgramHeader(protocol);
    const sent = (error: Error | null, bytes: number): void => {
      if (error) {
        counters.dropped.send_error.increment();
      } else {
        counters.sent.increment();
        counters.sentBytes.add(bytes);
      }
    };
    let sender: Pick<ReplySender<RemoteInfo>, 'send'> = {
      send: (reply, { port, address }) => socket.send(reply, port, address, sent),
    };
    if (faults) {
      const faulty = new UdpFaults(faults, counters.dropped.fault, {
        ...sender,
        repeat: (reply, { port, address }) => socket.send(reply, port, address, () => {}),
        store: (source) => source,
        setTimer: (milliseconds, task) => setTimeout(task, milliseconds),
      });
      this.#faults.push(faulty);
      sender = faulty;
    }

    socket.on('message', (request: Buffer, source: RemoteInfo) => {
      counters.received.increment();
      counters.receivedBytes.add(request.length);
      const refusal = policy.check(source, source.port, request.length, performance.now());
      if (refusal !== undefined) {
        counters.dropped[refusal].increment();
        return;
      }
      const reply = typeof protocol === 'function' ? protocol(request) : header?.reply(request, source);
      if (reply === undefined) counters.dropped.malformed.increment();
      else sender.send(reply, source);
      header?.sent();
    });
  }
}

/** What node:dgram tells of a datagram: its source. The time is that of the event. */
class DgramHeader implements RequestHeader {
  readonly ttl = Number.NaN;
  readonly trafficClass = Number.NaN;
  seconds = 0;
  nanoseconds = 0;
  replyTrafficClass = Number.NaN;
  readonly flow = new Int32Array(FLOW_BYTES / Int32Array.BYTES_PER_ELEMENT);
  readonly #flowBytes = Buffer.from(this.flow.buffer);
  readonly #protocol: HeaderProtocol;
  readonly #clock = new NodeClock();

  constructor(protocol: HeaderProtocol) {
    this.#protocol = protocol;
  }

  reply(request: Buffer, { address, port }: RemoteInfo): Uint8Array | undefined {
    const clock = this.#clock;
    clock.read();
    this.seconds = clock.seconds;
    this.nanoseconds = clock.nanoseconds;
    this.flow.fill(0);
    this.#flowBytes.writeUInt32LE(port);
    this.#flowBytes.set(addressBytes(address), PORT_BYTES);
    return this.#protocol.reply(request, this, clock);
  }

  sent(): void {
    this.#protocol.sent(this.#clock);
  }
}

/**
 * A socket on `::` serves IPv4 too, unless net.ipv6.bindv6only is set: node:dgram can't override it for a socket. IPv4
 * then needs a socket of its own.
 */
function withOwnIpv4(hosts: readonly string[]): readonly string[] {
  const isAlone = hosts.includes('::') && !leavesIpv4(hosts) && isSystemIpv6Only();
  return isAlone ? [...hosts, '0.0.0.0'] : hosts;
}
