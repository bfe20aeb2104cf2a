import { styleText } from 'node:util';
import type { TestResult } from './results.ts';

const MAX_SLOWEST = 10;

export interface FinishedRun {
  readonly results: readonly TestResult[];
  readonly files: readonly { readonly path: string; readonly seconds: number }[];
  readonly wallSeconds: number;
  /** Undefined when the system does not report it. */
  readonly cpuSeconds: number | undefined;
  readonly isQuick: boolean;
  /** Whether the run passes even if a test is skipped. */
  readonly maySkip: boolean;
}

/** The lines printed at the end of a run; the counts come last. */
export function closingLines(run: FinishedRun): readonly string[] {
  const [passed, failed, skipped] = (['passed', 'failed', 'skipped'] as const).map(
    (state) => run.results.filter((result) => result.state === state).length,
  );
  const lines = [...outcomeLines(run.results), ...slowestLines(run.files), timeLine(run)];
  if (skipped !== 0 && !run.maySkip)
    lines.push(styleText('red', 'REQUIRE_DOCKER=1 allows no skip: this run has failed.'));
  if (run.isQuick) lines.push('This was the quick part only; `npm test` runs every test.');
  return [...lines, `${passed} passed, ${failed} failed, ${skipped} skipped`];
}

export function exitCodeOf({ results, maySkip }: FinishedRun): number {
  const states = new Set(results.map(({ state }) => state));
  return states.has('passed') && !states.has('failed') && (maySkip || !states.has('skipped')) ? 0 : 1;
}

/** A line for each test that did not pass; tests of one group with one message share theirs. */
function outcomeLines(results: readonly TestResult[], depth = 1): readonly string[] {
  const groups = Map.groupBy(results, ({ path }) => path.slice(0, depth).join('\0'));
  return [...groups.values()].flatMap((group) => {
    const [first] = group as [TestResult, ...TestResult[]];
    const isDivided = group.some(({ state, message }) => state !== first.state || message !== first.message);
    if (isDivided && group.some(({ path }) => path.length > depth)) return outcomeLines(group, depth + 1);
    if (isDivided) return group.flatMap((one) => lineOf([one], one.path));
    return lineOf(group, group.length === 1 ? first.path : first.path.slice(0, depth));
  });
}

function lineOf(group: readonly TestResult[], path: readonly string[]): readonly string[] {
  const { state, message } = group[0]!;
  if (state === 'passed') return [];
  const word = styleText(state === 'failed' ? 'red' : 'yellow', state.toUpperCase());
  const tests = group.length === 1 ? '' : ` (${group.length} tests)`;
  return [`${word} ${path.join(' > ')}${tests}: ${message}`];
}

function slowestLines(files: FinishedRun['files']): readonly string[] {
  const slowest = files.toSorted((one, other) => other.seconds - one.seconds).slice(0, MAX_SLOWEST);
  return [
    'Slowest files:',
    ...slowest.map(({ path, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${path}`),
  ];
}

function timeLine({ wallSeconds, cpuSeconds }: FinishedRun): string {
  const wall = `${wallSeconds.toFixed(0)} s by the clock`;
  if (cpuSeconds === undefined) return `${wall}; the CPU time is known on Linux only.`;
  return `${wall}, ${cpuSeconds.toFixed(0)} s of CPU: user and system, of this process and of the children it waited for, so without a container engine.`;
}
