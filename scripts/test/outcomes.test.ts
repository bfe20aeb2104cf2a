import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CONFIG = 'scripts/test/fixtures/vitest.config.ts';

it('should name what failed and what was skipped, and why, and count it', { timeout: 120_000 }, () => {
  const { status, stdout } = spawnSync(process.execPath, ['scripts/test.ts', '--config', CONFIG], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, REQUIRE_DOCKER: '0' },
  });
  const lines = stripVTControlCharacters(stdout).trimEnd().split('\n');
  const file = 'scripts/test/fixtures/outcomes.fixture.ts';
  expect(lines.filter((line) => /^(FAILED|SKIPPED) /.test(line)).toSorted()).toEqual([
    'FAILED scripts/test/fixtures/broken.fixture.ts: no such module',
    `FAILED ${file} > should fail: expected one`,
    `FAILED ${file} > with a hook that fails > after that > should ask again: the port is in use`,
    `FAILED ${file} > with a hook that fails > should ask: the port is in use`,
    `FAILED ${file} > with an end that fails: it does not stop`,
    `SKIPPED ${file} > should come later: no reason given`,
    `SKIPPED ${file} > should find out later: this user may not`,
    `SKIPPED ${file} > with a hook that fails > should need an engine: there is no engine`,
    `SKIPPED ${file} > with an engine (3 tests): there is no engine`,
  ]);
  expect(lines.slice(-5)).toEqual([
    'Slowest files:',
    expect.stringMatching(/^ +\d+\.\d s {2}scripts\/test\/fixtures\/\w+\.fixture\.ts$/),
    expect.stringMatching(/^ +\d+\.\d s {2}scripts\/test\/fixtures\/\w+\.fixture\.ts$/),
    expect.stringMatching(/^\d+ s by the clock, \d+ s of CPU: /),
    '2 passed, 5 failed, 6 skipped',
  ]);
  expect(status).toBe(1);
});
