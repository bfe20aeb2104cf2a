import type { TestResult } from '../test/results.ts';
import type { TestRun } from './test-run.ts';

/** A test whose results differ. */
export interface Change {
  readonly name: string;
  readonly plain: string;
  readonly slow: string;
}

/** Two failures of a test are equal, whatever their messages. Tests that a run cut short did not reach are left out. */
export function changesOf(plain: TestRun, slow: TestRun): readonly Change[] {
  const [before, after] = [byName(plain.results), byName(slow.results)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => statesOf(before.get(name)) !== statesOf(after.get(name)))
    .filter((name) => after.has(name) || !slow.isCutShort)
    .map((name) => ({ name, plain: textOf(before.get(name)), slow: textOf(after.get(name)) }));
}

/** Tests of one name, as rows of a table may have, are taken together. */
function byName(results: readonly TestResult[]): ReadonlyMap<string, readonly TestResult[]> {
  return Map.groupBy(results, ({ path }) => path.join(' > '));
}

function statesOf(results: readonly TestResult[] = []): string {
  return results.map(({ state }) => state).join();
}

function textOf(results: readonly TestResult[] = []): string {
  const { state, message } = results.find((result) => result.state !== 'passed') ?? results[0] ?? {};
  if (state === undefined) return 'no result';
  return message === undefined ? state : `${state}: ${message}`;
}
