import { loadUdp } from '../../net/dgram-udp.ts';
import { probeDaytimeTcp } from '../../sampling/fresh/daytime-tcp.ts';
import type { Reading } from '../../sampling/sample.ts';
import type { Target } from '../../targets/target.ts';
import { type FlowOptions, type LoadFlow, REST_MS } from './flow.ts';

export interface DaytimeTcpOptions extends FlowOptions {
  readonly target: Target;
  readonly run: number;
}

type State =
  | { readonly name: 'idle' | 'asking' | 'closed' }
  | { readonly name: 'resting'; readonly untilMs: number };

/** RFC 867 over TCP: one exchange after the other, each over a new connection. */
export class DaytimeTcpFlow implements LoadFlow {
  readonly #options: DaytimeTcpOptions;
  /** The target with its address as the host, so that no name is looked up. */
  readonly #target: Target;
  readonly #closing = new AbortController();
  #state: State = { name: 'idle' };
  #sequence = 0;
  #dueMs = 0;

  constructor(options: DaytimeTcpOptions) {
    this.#options = options;
    this.#target = { ...options.target, host: options.address.address };
  }

  get capacity(): number {
    return this.#state.name === 'idle' ? 1 : 0;
  }

  get oldestDueMs(): number {
    return this.#state.name === 'asking' ? this.#dueMs : Number.POSITIVE_INFINITY;
  }

  async open(): Promise<void> {}

  begin(dueMs: number): void {
    this.#state = { name: 'asking' };
    this.#dueMs = dueMs;
  }

  flush(): void {
    void this.#ask();
  }

  sweep(nowMs: number): void {
    if (this.#state.name === 'resting' && nowMs >= this.#state.untilMs) this.#idle(nowMs);
  }

  close(): void {
    this.#state = { name: 'closed' };
    this.#closing.abort();
  }

  async #ask(): Promise<void> {
    const { clock, listener, remote, run, timeoutMs } = this.#options;
    const startMs = clock.now();
    const attempt = {
      target: this.#target,
      run,
      sequence: this.#sequence,
      startMs,
      deadlineMs: startMs + timeoutMs,
      clock,
      udp: loadUdp,
      signal: this.#closing.signal,
    };
    this.#sequence += 1;
    let reading: Reading;
    try {
      reading = await probeDaytimeTcp(attempt);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      // For instance, a socket could not be created.
      const detail = `no conversation with ${remote}: ${(error as Error).message}`;
      return this.#rest(() => listener.failed('prober_late', detail, 1));
    }
    const { result, endMs, phases } = reading;
    if (phases.connect !== undefined) listener.opened();
    if (result.outcome !== 'ok') return this.#rest(() => listener.failed(result.outcome, result.detail, 1));
    listener.answered(this.#dueMs, endMs);
    this.#idle(endMs);
  }

  #idle(nowMs: number): void {
    this.#state = { name: 'idle' };
    this.#options.listener.onReady(this, nowMs);
  }

  #rest(report: () => void): void {
    this.#state = { name: 'resting', untilMs: this.#options.clock.now() + REST_MS };
    report();
  }
}
