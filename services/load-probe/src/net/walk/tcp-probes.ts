import { reachableText } from '@echo-daytime/addresses';
import { type AsyncUdp, type ConnectEnd, LimitedConnect, openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import type { Clock } from '../../sampling/clock.ts';
import { hostPort } from '../../targets/target.ts';
import { refusalWords } from '../failure.ts';
import { arrivalOf } from '../wire-time.ts';
import { type Answer, NO_CLASS } from './hop.ts';
import { icmpAnswer } from './icmp-answer.ts';
import type { ProbeEvents, Probes, WalkedFlow } from './probes.ts';

/** SYNs of one 5-tuple. It can have one connect at a time, so that answers are those to the last SYN. */
export class TcpProbes implements Probes {
  readonly areTold = false;
  readonly #udp: AsyncUdp;
  readonly #flow: WalkedFlow;
  readonly #clock: Clock;
  readonly #events: ProbeEvents;
  readonly #host: string;
  #sourcePort: number;
  #own = '';
  #connect: LimitedConnect | undefined;

  /** @throws ZoneError */
  constructor(udp: AsyncUdp, flow: WalkedFlow, clock: Clock, events: ProbeEvents) {
    this.#udp = udp;
    this.#flow = flow;
    this.#clock = clock;
    this.#events = events;
    this.#host = reachableText(flow.address);
    this.#sourcePort = flow.sourcePort;
  }

  get sourcePort(): number {
    return this.#sourcePort;
  }

  get ownError(): NodeJS.ErrnoException | undefined {
    const info = openTcpInfo();
    if (!(info instanceof TcpInfo) || !this.#connect?.isHeldBack(info)) return undefined;
    return Object.assign(new Error('the SYN was not sent'), { code: 'EPERM', syscall: 'connect' });
  }

  send(ttl: number): void {
    this.#connect?.close();
    const { address, dscp, port } = this.#flow;
    const options = {
      family: address.family,
      host: this.#host,
      port,
      localPort: this.#sourcePort,
      ttl,
      trafficClass: dscp === undefined ? undefined : dscp << 2,
    };
    const sent = { ttl, sentMs: this.#clock.now(), sentAt: this.#clock.epoch() };
    try {
      this.#connect = new LimitedConnect(this.#udp, options, (end) => this.#ended(sent, end));
      ({ address: this.#own, port: this.#sourcePort } = this.#connect.localAddress);
    } catch (error) {
      this.#events.failed(error as NodeJS.ErrnoException);
    }
  }

  close(): void {
    this.#connect?.close();
  }

  #ended(
    sent: { readonly ttl: number; readonly sentMs: number; readonly sentAt: number },
    end: ConnectEnd,
  ): void {
    const receivedAt = end.name === 'reported' ? end.report.receivedAt : undefined;
    const { arrivedMs, wireMs = arrivedMs - sent.sentMs } = arrivalOf(
      sent,
      receivedAt,
      sent.sentMs,
      this.#clock.now(),
    );
    const answer = this.#answerOf(end, wireMs);
    if (answer !== undefined) this.#events.answered(sent.ttl, answer);
  }

  #answerOf(end: ConnectEnd, rttMs: number): Answer | undefined {
    const { address, port } = this.#flow;
    if (end.name === 'reported')
      return icmpAnswer(end.report, { address, port, isTcp: true }, this.#own, rttMs);
    const remote = hostPort(address.address, port);
    const notes = end.name === 'connected' ? [] : [failureNote(end.error, remote)];
    return { kind: 'target', address: address.address, rttMs, ttl: Number.NaN, ...NO_CLASS, notes };
  }
}

function failureNote({ code, message }: NodeJS.ErrnoException, remote: string): string {
  return code === 'ECONNREFUSED' ? `${refusalWords(remote)} (RST)` : `${remote}: ${message}`;
}
