import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { skipFor } from '../../tests/harness/skip-for.ts';
import { quotaProblem } from './cpu-quota.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURES = ['--config', 'scripts/test-slow/fixtures/vitest.config.ts'];
/** Two runs of a small file, one with a fifth of a core. */
const RUNS_TIMEOUT_MS = 300_000;
const [EXIT_CHANGED, EXIT_USAGE, EXIT_INTERRUPTED] = [1, 2, 130];

function start(...args: readonly string[]): ChildProcess {
  const words = ['--disable-warning=ExperimentalWarning', 'scripts/test-slow.ts', ...args];
  const env = { ...process.env, CONTROL_GROUPS: readFileSync('/proc/self/cgroup', 'utf8') };
  return spawn(process.execPath, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

it('should report the test whose results differ, with both results', {
  ...skipFor(quotaProblem()),
  timeout: RUNS_TIMEOUT_MS,
}, async () => {
  const program = start('--mode', 'quota', ...FIXTURES);
  const [output, [code]] = await Promise.all([text(program.stdout!), once(program, 'close')]);
  const report = output.trimEnd().split('\n').slice(-4);
  expect(report).toEqual([
    expect.stringMatching(/^quota: 2 tests in \d+ s, 1 had a different result$/),
    '  scripts/test-slow/fixtures/control-group.fixture.ts > should run where the test of it runs',
    '    plain: passed',
    expect.stringMatching(/^ {4}slow: {2}failed: another control group: /),
  ]);
  expect(code).toBe(EXIT_CHANGED);
});

it('should end when it is interrupted', { timeout: RUNS_TIMEOUT_MS }, async () => {
  const program = start(...FIXTURES);
  await once(program.stdout!, 'data');
  program.kill('SIGINT');
  program.stdout!.resume();
  expect(await once(program, 'close')).toEqual([EXIT_INTERRUPTED, null]);
});

it('should refuse an unknown mode', async () => {
  const program = start('--mode', 'fast');
  const [errors, [code]] = await Promise.all([text(program.stderr!), once(program, 'close')]);
  expect(errors).toMatch(/^test:slow: --mode fast must be one of one-core, idle, quota\n/);
  expect(code).toBe(EXIT_USAGE);
});
