import { dialTcp } from '../../net/dial-tcp.ts';
import { hasFailed } from '../../net/each-address.ts';
import type { FlowFailure } from '../../net/failure.ts';
import { markOf } from '../../net/mark.ts';
import { onDeadline } from '../../sampling/clock.ts';
import { isTainted } from '../../sampling/self-trust.ts';
import { hostPort } from '../../targets/target.ts';
import { type FlowsOptions, lossDetail, type SourceFlows } from './source-flows.ts';

/** After a second Linux sends the SYN again, which hides that the first was lost. Milliseconds. */
const MAX_CONNECT_MS = 950;
/**
 * How long a port rests. Where the end of a handshake was lost, the target takes a SYN of the next milliseconds for one of
 * that handshake, because its number is in the window, and refuses it (RFC 9293, 3.10.7.4). Milliseconds.
 */
const REST_MS = 5;

/**
 * A handshake for each sample. The connection is ended by RST: after a FIN the port would be taken for a minute
 * (TIME_WAIT), and no second sample could come from it.
 */
export class TcpFlows implements SourceFlows {
  readonly #options: FlowsOptions;
  readonly #maxConnectMs: number;
  readonly #underWay = new Set<number>();
  readonly #aborting = new AbortController();

  constructor(options: FlowsOptions) {
    this.#options = options;
    this.#maxConnectMs = Math.min(options.timeoutMs, MAX_CONNECT_MS);
  }

  isBusy(port: number): boolean {
    return this.#underWay.has(port);
  }

  send(port: number): void {
    const { clock } = this.#options;
    this.#underWay.add(port);
    void this.#connect(port)
      .catch((error) => {
        if (!this.#aborting.signal.aborted) this.#options.events.unsent(port, (error as Error).message);
      })
      .finally(() => onDeadline(clock, clock.now() + REST_MS, () => this.#underWay.delete(port)));
  }

  close(): void {
    this.#aborting.abort();
  }

  /** @throws the signal's reason when aborted */
  async #connect(port: number): Promise<void> {
    const { address, clock, events, target } = this.#options;
    const startMs = clock.now();
    const opened = await dialTcp(address, target.port, {
      ...{ clock, deadlineMs: startMs + this.#maxConnectMs, localPort: port },
      signal: this.#aborting.signal,
      ...markOf(target),
    });
    if (hasFailed(opened)) {
      this.#failed(port, startMs, opened.failure);
      return;
    }
    opened.socket.on('error', () => {}).resetAndDestroy();
    events.answered(port);
  }

  #failed(port: number, startMs: number, failure: FlowFailure): void {
    const { address, clock, events, stalls, target } = this.#options;
    const { detail, isOwn, isPortTaken, kind, outcome } = failure;
    const stalledMs = stalls.longestSince(startMs);
    if (isPortTaken) events.taken(port, detail);
    else if (kind === 'local' || isOwn) events.unsent(port, detail);
    else if (isTainted(outcome, stalledMs, clock.now() - startMs)) {
      events.stalled(port);
    } else if (outcome === 'connect_timeout') {
      events.lost(port, `no connection within ${this.#maxConnectMs} ms`);
    } else {
      const remote = hostPort(address.address, target.port);
      events.lost(port, lossDetail(failure, remote, 'RST, or ICMP port unreachable'));
    }
  }
}
