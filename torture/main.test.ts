import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { problemOf, scenarios } from './scenarios.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/** Without the folders of what is for administrators, such as nft. */
const ORDINARY_PATH = '/usr/local/bin:/usr/bin:/bin';

it('should skip nothing for the path of an ordinary user, as --list tells', () => {
  const env = { ...process.env, PATH: ORDINARY_PATH };
  const listed = execFileSync(process.execPath, [MAIN, '--list'], { encoding: 'utf8', env });
  const expected = scenarios.map((scenario) => {
    const { area, name, seconds } = scenario;
    const problem = problemOf(scenario);
    return `${area}: ${name} (${seconds.full} s)${problem === undefined ? '' : `, SKIPPED: ${problem}`}`;
  });
  expect(listed.trimEnd().split('\n')).toEqual(expected);
});

it('should have a row for what it skips, and say so at the end', () => {
  const env = { ...process.env, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  // Exit code 0, or this throws.
  const said = execFileSync(process.execPath, [MAIN, '--only', 'container restarts'], {
    encoding: 'utf8',
    env,
  });
  expect(said).toMatch(
    /^SKIPPED faults: process killed, container restarts: no container engine can be used \(docker /m,
  );
  expect(said).toMatch(
    /^\| faults \| process killed, container restarts \|.*\| skipped: no container engine can be used \(docker .* \|$/m,
  );
  expect(said.trimEnd().split('\n').at(-1)).toBe('0 of 0 held, 1 skipped');
});
