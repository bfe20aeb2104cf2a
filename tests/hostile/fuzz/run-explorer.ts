import { Worker } from 'node:worker_threads';
import { escapeC } from '@echo-daytime/c-escapes';
import type { Explored, Finding } from './explorer.ts';

const CHECK_MS = 500;
/** Heap limit of the exploring thread, which stores little. */
const MAX_HEAP_MB = 256;
/** Longer than the longest input of any parser. */
const REPORT_BYTES = 64 * 1024;
const HEADER_BYTES = 8;

export interface Exploration {
  /** URL of a file that exports its `parser`. */
  readonly parserUrl: string;
  readonly seed: number;
  /** The first inputs, beside the parser's seeds; in the form that `unescapeC` reads. */
  readonly corpus: readonly string[];
  readonly inputs: number;
  /** Maximum time; without it all inputs are tried. */
  readonly seconds?: number;
  /** Whether to find the coverage of each input; otherwise only that of all together, in a tenth of the time. */
  readonly thorough: boolean;
  /** Maximum time of one input, far more than any needs on a busy machine. */
  readonly hangSeconds: number;
}

export interface Assignment extends Exploration {
  readonly report: SharedArrayBuffer;
}

/** The result of an exploration. A hang or a crash ends it early and is a finding too. */
export type Exploring = Explored & { readonly seconds: number };

/** Explores in its own thread, which may hang, run out of memory or die. */
export async function runExplorer(exploration: Exploration): Promise<Exploring> {
  const memory = InputReport.memory(REPORT_BYTES);
  const report = new InputReport(memory);
  const workerData: Assignment = { ...exploration, report: memory };
  const worker = new Worker(new URL('./explorer-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  const startedAt = performance.now();
  const watchdog = new Watchdog(report, exploration.hangSeconds, () => void worker.terminate());
  let explored: Explored | undefined;
  let failure: Error | undefined;
  worker.on('message', (message: Explored) => {
    explored = message;
  });
  worker.on('error', (error) => {
    failure = error as Error;
  });
  // Unlike events.once, this does not reject when the worker fails.
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  worker.once('exit', () => resolve());
  await exited;
  watchdog.stop();
  const seconds = (performance.now() - startedAt) / 1_000;
  if (explored) return { ...explored, seconds };
  const what = watchdog.fired
    ? `hangs for more than ${exploration.hangSeconds} s`
    : (failure?.stack ?? 'never ends');
  return { ...endedBy({ input: escapeC(report.input), what }, report.tried), seconds };
}

function endedBy(finding: Finding, inputs: number): Explored {
  return {
    inputs,
    cpuSeconds: 0,
    corpus: [],
    coverage: { before: 0, after: 0, of: 0, missing: [] },
    outcomes: 0,
    findings: [finding],
  };
}

/** Fires when one input takes too long. The time to load the parser, long on a busy machine, does not count. */
class Watchdog {
  fired = false;
  readonly #timer: NodeJS.Timeout;

  constructor(report: InputReport, seconds: number, fire: () => void) {
    let [seen, since] = [-1, performance.now()];
    this.#timer = setInterval(() => {
      if (report.tried !== seen || seen === 0) [seen, since] = [report.tried, performance.now()];
      else if (performance.now() - since > seconds * 1_000) {
        this.fired = true;
        fire();
      }
    }, CHECK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The input that a thread is trying, in shared memory, so that another thread can read it when the first hangs. */
export class InputReport {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#header = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES);
  }

  /** @param maxBytes of an input; a longer one is truncated */
  static memory(maxBytes: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + maxBytes);
  }

  write(input: Buffer): void {
    const length = Math.min(input.length, this.#bytes.length);
    this.#bytes.set(input.subarray(0, length));
    this.#header[1] = length;
    Atomics.add(this.#header, 0, 1);
  }

  /** Number of inputs tried. */
  get tried(): number {
    return Atomics.load(this.#header, 0);
  }

  /** The current input. */
  get input(): Buffer {
    return Buffer.from(this.#bytes.slice(0, this.#header[1]));
  }
}
