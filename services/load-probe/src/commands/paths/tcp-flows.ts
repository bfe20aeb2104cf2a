import { openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import { dialTcp } from '../../net/dial-tcp.ts';
import { hasFailed } from '../../net/each-address.ts';
import type { FlowFailure } from '../../net/failure.ts';
import { markOf } from '../../net/mark.ts';
import { retransmitNote } from '../../net/tcp-socket.ts';
import { isTainted } from '../../sampling/self-trust.ts';
import { hostPort } from '../../targets/target.ts';
import { type FlowsOptions, lossDetail, type SourceFlows } from './source-flows.ts';

/**
 * A handshake for each sample. The connection is ended by RST: after a FIN the port would be taken for a minute
 * (TIME_WAIT), and no second sample could come from it.
 */
export class TcpFlows implements SourceFlows {
  readonly #options: FlowsOptions;
  readonly #tcpInfo: TcpInfo | undefined;
  readonly #underWay = new Set<number>();
  readonly #aborting = new AbortController();

  constructor(options: FlowsOptions) {
    this.#options = options;
    const tcpInfo = openTcpInfo();
    this.#tcpInfo = tcpInfo instanceof TcpInfo ? tcpInfo : undefined;
  }

  isBusy(port: number): boolean {
    return this.#underWay.has(port);
  }

  send(port: number): void {
    this.#underWay.add(port);
    void this.#connect(port)
      .catch((error) => {
        if (!this.#aborting.signal.aborted) this.#options.events.unsent(port, (error as Error).message);
      })
      .finally(() => this.#underWay.delete(port));
  }

  close(): void {
    this.#aborting.abort();
  }

  /** @throws the signal's reason when aborted */
  async #connect(port: number): Promise<void> {
    const { address, clock, events, target, timeoutMs } = this.#options;
    const startMs = clock.now();
    const opened = await dialTcp(address, target.port, {
      ...{ clock, deadlineMs: startMs + timeoutMs, localPort: port },
      ...{ signal: this.#aborting.signal, tcpInfo: this.#tcpInfo },
      ...markOf(target),
    });
    if (hasFailed(opened)) {
      this.#failed(port, startMs, opened.failure);
      return;
    }
    const { socket } = opened;
    const stats = socket.stats();
    socket.on('error', () => {}).resetAndDestroy();
    // TCP hides a loss: it sends the SYN again.
    if (stats && stats.retransmits > 0) events.lost(port, retransmitNote(stats));
    else events.answered(port);
  }

  #failed(port: number, startMs: number, failure: FlowFailure): void {
    const { address, clock, events, stalls, target, timeoutMs } = this.#options;
    const { detail, isOwn, isPortTaken, kind, outcome } = failure;
    const stalledMs = stalls.longestSince(startMs);
    if (isPortTaken) events.taken(port, detail);
    else if (kind === 'local' || isOwn) events.unsent(port, detail);
    else if (isTainted(outcome, stalledMs, clock.now() - startMs)) {
      events.stalled(port);
    } else if (outcome === 'connect_timeout') events.lost(port, `no connection within ${timeoutMs} ms`);
    else {
      const remote = hostPort(address.address, target.port);
      events.lost(port, lossDetail(failure, remote, 'RST, or ICMP port unreachable'));
    }
  }
}
