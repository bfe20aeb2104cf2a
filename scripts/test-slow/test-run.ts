import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestResult } from '../test/results.ts';

const PROGRAM = fileURLToPath(new URL('../test.ts', import.meta.url));
/** How long a run may take to end before it is killed. */
const END_MS = 20_000;

export interface RunOptions {
  /** Words before the command. */
  readonly launcher: readonly string[];
  /** Arguments of `npm test`. */
  readonly args: readonly string[];
  readonly maxMs: number;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

export interface TestRun {
  readonly results: readonly TestResult[];
  readonly seconds: number;
  /** Whether the run was ended early; its remaining tests have no result. */
  readonly isCutShort: boolean;
}

/** Runs `npm test` and shows its output. */
export async function runTests({ launcher, args, maxMs, signal }: RunOptions): Promise<TestRun> {
  const start = performance.now();
  const [program, ...words] = [
    ...launcher,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    PROGRAM,
  ];
  const child = spawn(program!, [...words, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const results: TestResult[] = [];
  child.on('message', (some) => results.push(...(some as TestResult[])));
  const exited = once(child, 'exit');
  const end = AbortSignal.any([signal, AbortSignal.timeout(maxMs)]);
  end.addEventListener('abort', () => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), END_MS).unref();
  });
  await exited;
  return { results, seconds: (performance.now() - start) / 1_000, isCutShort: end.aborted };
}
