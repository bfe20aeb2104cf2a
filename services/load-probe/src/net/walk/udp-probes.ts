import { reachableText } from '@echo-daytime/addresses';
import { type AsyncUdp, AsyncUdpSocket, type IcmpReport } from '@echo-daytime/linux';
import type { Clock } from '../../sampling/clock.ts';
import type { SentDatagram } from '../udp-socket.ts';
import { arrivalOf } from '../wire-time.ts';
import type { Answer } from './hop.ts';
import { icmpAnswer } from './icmp-answer.ts';
import { ProbePackets } from './probe-packet.ts';
import { ECT_0, type ProbeEvents, type Probes, type WalkedFlow } from './probes.ts';

const ANY = { 4: '0.0.0.0', 6: '::' } as const;

/** Of old routers, which quote the header of UDP and no more. */
const QUOTES_NOTHING = 'it quotes nothing of the datagram, which was the only one under way';

interface Sent extends SentDatagram {
  readonly ttl: number;
  readonly sentMs: number;
  sentAt?: number;
  isAnswered: boolean;
}

/** Datagrams of one socket, each with a TTL of its own. */
export class UdpProbes implements Probes {
  readonly areTold: boolean;
  readonly ownError = undefined;
  readonly #flow: WalkedFlow;
  readonly #clock: Clock;
  readonly #events: ProbeEvents;
  readonly #socket: AsyncUdpSocket;
  readonly #packets: ProbePackets;
  readonly #own: string;
  /** By sequence number. */
  readonly #sent = new Map<number, Sent>();
  #alone: Sent | undefined;

  /** @throws Error of the system */
  constructor(udp: AsyncUdp, flow: WalkedFlow, clock: Clock, events: ProbeEvents) {
    const { address, dscp, port, protocol, sourcePort } = flow;
    this.#flow = flow;
    this.#clock = clock;
    this.#events = events;
    this.#packets = new ProbePackets(flow);
    this.areTold = protocol !== 'daytime-udp';
    const mark = dscp === undefined ? {} : { trafficClass: (dscp << 2) | ECT_0 };
    this.#socket = new AsyncUdpSocket(udp, address.family, {
      receiveHeader: true,
      timestamps: true,
      ...mark,
    });
    try {
      if (sourcePort !== 0) this.#socket.bind(ANY[address.family], sourcePort);
      this.#socket.connect(reachableText(address), port);
      this.#own = this.#socket.localAddress.address;
      this.#socket.listen({
        received: (datagram) => this.#received(datagram),
        reported: (report) => this.#reported(report),
        failed: (error) => events.failed(error),
      });
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  get sourcePort(): number {
    return this.#socket.localAddress.port;
  }

  send(ttl: number, isAlone: boolean): void {
    const number = [...this.#sent.values()].filter((sent) => sent.ttl === ttl).length;
    const { bytes, sequence } = this.#packets.encode(ttl, number, this.#clock.epoch());
    const sent: Sent = { ttl, sentMs: this.#clock.now(), isAnswered: false };
    this.#sent.set(sequence, sent);
    this.#alone = isAlone ? sent : undefined;
    const stamped = (sentAt: number): void => {
      sent.sentAt = sentAt;
    };
    this.#socket.send(bytes, (error) => error && this.#events.failed(error), { ttl, stamped });
  }

  close(): void {
    this.#socket.close();
  }

  #received(datagram: Buffer): void {
    const { receivedAt, ttl } = this.#socket;
    this.#answer(this.#packets.answered(datagram), receivedAt, (rttMs, isTold) => ({
      kind: 'target',
      address: this.#flow.address.address,
      rttMs,
      ttl,
      trafficClass: Number.NaN,
      probeTrafficClass: isTold ? this.#packets.receivedTrafficClass(datagram) : Number.NaN,
      notes: [],
    }));
  }

  #reported(report: IcmpReport): void {
    const to = { ...this.#flow, isTcp: false };
    this.#answer(this.#packets.quoted(report.quoted), report.receivedAt, (rttMs, isTold) => {
      const answer = icmpAnswer(report, to, this.#own, rttMs);
      return answer && { ...answer, notes: isTold ? answer.notes : [...answer.notes, QUOTES_NOTHING] };
    });
  }

  #answer(
    sequence: number | undefined,
    receivedAt: number,
    answerOf: (rttMs: number, isTold: boolean) => Answer | undefined,
  ): void {
    const told = sequence === undefined ? undefined : this.#sent.get(sequence);
    const sent = told ?? this.#alone;
    if (sent === undefined) this.#events.unattributed();
    // A duplicate may come.
    if (sent === undefined || sent.isAnswered) return;
    const { arrivedMs, wireMs = arrivedMs - sent.sentMs } = arrivalOf(
      sent,
      receivedAt,
      sent.sentMs,
      this.#clock.now(),
    );
    const answer = answerOf(wireMs, told !== undefined);
    if (answer === undefined) return;
    sent.isAnswered = true;
    this.#events.answered(sent.ttl, answer);
  }
}
