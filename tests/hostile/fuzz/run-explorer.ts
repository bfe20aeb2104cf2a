import { Worker } from 'node:worker_threads';
import { escapeC } from '@echo-daytime/c-escapes';
import type { Explored, Finding } from './explorer.ts';
import { Slate } from './report.ts';

const LOOK_MS = 500;
/** Of the thread that explores: what it keeps is small. */
const MAX_HEAP_MB = 256;
/** Longer than an input of any parser. */
const SLATE_BYTES = 64 * 1024;

export interface Exploration {
  /** Of a file that exports its `parser`. */
  readonly parserUrl: string;
  readonly seed: number;
  /** Inputs to begin with, beside the parser's own; as `unescapeC` reads them. */
  readonly corpus: readonly string[];
  readonly inputs: number;
  /** When to stop at the latest, once so many inputs were tried. */
  readonly seconds: number;
  readonly leastInputs: number;
  /** How long an input may take; far more than any does, however busy the machine is. */
  readonly hangSeconds: number;
}

export interface Assignment extends Exploration {
  readonly slate: SharedArrayBuffer;
}

/** What an exploration came to; a hang or a crash ends it early, and is a finding like others. */
export type Exploring = Explored & { readonly seconds: number };

/** Explores in a thread of its own, which may hang, run out of memory or die. */
export async function runExplorer(exploration: Exploration): Promise<Exploring> {
  const memory = Slate.memory(SLATE_BYTES);
  const slate = new Slate(memory);
  const workerData: Assignment = { ...exploration, slate: memory };
  const worker = new Worker(new URL('./explorer-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  const startedAt = performance.now();
  const watchdog = new Watchdog(slate, exploration.hangSeconds, () => void worker.terminate());
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
  const what = watchdog.barked
    ? `hangs for more than ${exploration.hangSeconds} s`
    : (failure?.stack ?? 'never ends');
  return { ...endedBy({ input: escapeC(slate.input), what }, slate.tried), seconds };
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

/** Barks when no other input was tried for too long. How long a busy machine takes to load the parser tells nothing. */
class Watchdog {
  barked = false;
  readonly #timer: NodeJS.Timeout;

  constructor(slate: Slate, seconds: number, bark: () => void) {
    let [seen, since] = [-1, performance.now()];
    this.#timer = setInterval(() => {
      if (slate.tried !== seen || seen === 0) [seen, since] = [slate.tried, performance.now()];
      else if (performance.now() - since > seconds * 1_000) {
        this.barked = true;
        bark();
      }
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
