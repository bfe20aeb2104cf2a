import { relative } from 'node:path';
import type { TestCase, TestModule, TestSuite } from 'vitest/node';

export interface TestResult {
  /** The file from the root of the repository, the groups of tests, the test. */
  readonly path: readonly string[];
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or the first line of how it failed. */
  readonly message?: string;
}

/** A result for each test of a file, and for each failed hook or import that made no test fail. */
export function resultsOf(module: TestModule): readonly TestResult[] {
  const tests = [...module.children.allTests()].map((test) => ({ path: pathOf(test), ...outcomeOf(test) }));
  const groups = [module, ...module.children.allSuites()].flatMap((group): readonly TestResult[] => {
    const message = errorOf(group);
    const isReported = tests.some((test) => test.state === 'failed' && test.message === message);
    return message === undefined || isReported ? [] : [{ path: pathOf(group), state: 'failed', message }];
  });
  return [...tests, ...groups];
}

/** Results of errors that were thrown outside of the tests. */
export function resultsOfErrors(errors: readonly unknown[]): readonly TestResult[] {
  return errors.map((error) => ({
    path: ['outside of the tests'],
    state: 'failed',
    message: firstLine((error as Error).message),
  }));
}

export function pathOf(entity: TestCase | TestSuite | TestModule): readonly string[] {
  if (entity.type === 'module') return [relative(process.cwd(), entity.moduleId)];
  return [...pathOf(entity.parent), entity.name];
}

function outcomeOf(test: TestCase): Omit<TestResult, 'path'> {
  const result = test.result();
  if (result.state === 'passed') return { state: 'passed' };
  if (result.state === 'pending') return { state: 'failed', message: 'it did not end' };
  if (result.state === 'failed') return { state: 'failed', message: firstLine(result.errors[0]?.message) };
  const reason = test.meta().skipReason ?? result.note;
  if (reason !== undefined) return { state: 'skipped', message: firstLine(reason) };
  // vitest also marks tests as skipped that did not run because of a failed hook.
  const message = errorAbove(test);
  if (message !== undefined) return { state: 'failed', message };
  return { state: 'skipped', message: 'no reason given' };
}

function errorAbove({ parent }: TestCase | TestSuite): string | undefined {
  return errorOf(parent) ?? (parent.type === 'suite' ? errorAbove(parent) : undefined);
}

function errorOf(group: TestModule | TestSuite): string | undefined {
  const [error] = group.errors();
  return error && firstLine(error.message);
}

function firstLine(text = 'an error without a message'): string {
  return text.trim().split('\n')[0]!;
}
