import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mainOfService } from '../harness/main-module.ts';
import { CLIENT_CORE, pinned } from './service.ts';

const PROBE = mainOfService('load-probe');

/** A late sample of the probe itself says nothing about the service. */
const LATE = 'prober_late';
/** Timeout of a sample: no promise, but far longer than any takes. */
export const TIMEOUT_MS = 5_000;

export interface Account {
  readonly samples: number;
  /** Number of samples for which the client itself was late. */
  readonly late: number;
  /** Failures of the service by outcome, such as `reset 2`. */
  readonly failures: readonly string[];
  readonly p99Ms: number;
  /** The shortest and the longest round trip. */
  readonly rangeMs: readonly [number, number];
}

export interface WellBehavedOptions {
  /** Samples per second. */
  readonly rate: number;
  readonly count: number;
  readonly env?: NodeJS.ProcessEnv;
}

interface TargetJson {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly rttMs?: { readonly p99?: number; readonly min: number; readonly max: number };
}

/** An ordinary client beside the attack: `load-probe check`, open loop, every byte verified. */
export class WellBehaved implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #stdout = '';
  #stderr = '';

  /** @param urls one or several, each at the rate; with `flow=sticky` where new connections are refused */
  constructor(urls: string | readonly string[], { rate, count, env = {} }: WellBehavedOptions) {
    const pace = ['--rate', String(rate), '--count', String(count), '--timeout', `${TIMEOUT_MS}ms`];
    const command = [PROBE, 'check', '--json', ...pace, ...[urls].flat()];
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', ...command];
    const [program, ...args] = pinned(CLIENT_CORE, node);
    this.#child = spawn(program!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.#exited = once(this.#child, 'close');
  }

  /** Stops the client early; resolves with the results so far. */
  async stop(): Promise<Account> {
    this.#child.kill('SIGINT');
    return this.account();
  }

  /** The results of the first URL, once all samples are taken. */
  async account(): Promise<Account> {
    const [first] = await this.accounts();
    return first!;
  }

  /** The results of each URL, once all samples are taken. */
  async accounts(): Promise<readonly Account[]> {
    await this.#exited;
    if (this.#stdout === '') throw new Error(`load-probe check said nothing: ${this.#stderr}`);
    const { targets } = JSON.parse(this.#stdout) as { readonly targets: readonly TargetJson[] };
    return targets.map(accountOf);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

function accountOf({ outcomes: byName, rttMs }: TargetJson): Account {
  const outcomes = Object.entries(byName);
  return {
    samples: outcomes.reduce((sum, [, samples]) => sum + samples, 0),
    late: byName[LATE] ?? 0,
    failures: outcomes
      .filter(([outcome, samples]) => samples > 0 && outcome !== 'ok' && outcome !== LATE)
      .map(([outcome, samples]) => `${outcome} ${samples}`),
    p99Ms: rttMs?.p99 ?? Number.NaN,
    rangeMs: [rttMs?.min ?? Number.NaN, rttMs?.max ?? Number.NaN],
  };
}
