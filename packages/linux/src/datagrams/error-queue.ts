import { MSG_DONTWAIT, MSG_ERRQUEUE, SO_EE_ORIGIN_TIMESTAMPING } from '../constants.ts';
import type { AsyncUdp } from './async-udp.ts';
import { type IcmpReport, icmpReport } from './error-report.ts';
import type { SendStamps } from './send-stamps.ts';

/** The error queue of a socket, ip(7): ICMP messages and send stamps. */
export class ErrorQueue {
  readonly #udp: AsyncUdp;
  readonly #fd: number;
  readonly #stamps: SendStamps | undefined;

  constructor(udp: AsyncUdp, fd: number, stamps: SendStamps | undefined) {
    this.#udp = udp;
    this.#fd = fd;
    this.#stamps = stamps;
  }

  /** Takes an entry; undefined where there is none. */
  next(): IcmpReport | 'stamp' | undefined {
    const { call, reports } = this.#udp;
    reports.prepare();
    const length = call.recvmsg(this.#fd, reports.header, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (length < 0) return undefined;
    reports.readControl();
    const report = icmpReport(reports, length);
    if (report !== undefined) return report;
    const { dataAt, originAt } = reports.layout;
    if (reports.errorAt >= 0 && reports.errorByte(originAt) === SO_EE_ORIGIN_TIMESTAMPING) {
      this.#stamps?.stamped(reports.errorWord(dataAt), reports.stampedAt);
    }
    return 'stamp';
  }
}
