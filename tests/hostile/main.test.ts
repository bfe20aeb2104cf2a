import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { documentedCommand } from '../docs/documented-commands.ts';
import { withoutNpm } from '../docs/without-npm.ts';
import { problemOf, scenarios } from './scenarios.ts';

const everything = documentedCommand('docs/reliability.md', 'npm run torture');
const oneArea = documentedCommand('docs/reliability.md', 'npm run torture -- --only ');
/** Without the folders of programs for administrators, such as nft. */
const ORDINARY_PATH = '/usr/local/bin:/usr/bin:/bin';

/** The output of the command. @throws when its exit code is not 0 */
function torture(command: string, env: Readonly<Record<string, string>>): string {
  const root = new URL('../..', import.meta.url);
  const options = { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } } as const;
  return execFileSync('/bin/bash', ['-c', withoutNpm(command)], options);
}

it('should skip nothing with the PATH of an ordinary user, as --list shows', () => {
  const [, named] = oneArea.text.split(' --only ');
  const areas = [...new Set(scenarios.map(({ area }) => area))];
  expect(areas).toContain(named);
  const others = areas.filter((area) => area !== named).map((area) => ` --only '${area}'`);
  const listed = torture(`${oneArea.text}${others.join('')} --list`, { PATH: ORDINARY_PATH });
  const expected = scenarios.map((scenario) => {
    const { area, name, seconds } = scenario;
    const problem = problemOf(scenario);
    return `${area}: ${name} (${seconds.full} s)${problem === undefined ? '' : `, SKIPPED: ${problem}`}`;
  });
  expect(listed.trimEnd().split('\n')).toEqual(expected);
});

// brief.test.ts runs the scenarios themselves.
it('should print a row for each scenario, also for skipped ones, and the counts at the end', () => {
  const flags = "--only 'container restarts' --only 'fuzz dialog' --brief";
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const said = torture(`${everything.text} -- ${flags}`, env);
  expect(said).toMatch(
    /^SKIPPED faults: process killed, container restarts: no container engine can be used \(docker /m,
  );
  expect(said).toMatch(/^\| area \| scenario \|/m);
  expect(said).toMatch(
    /^\| faults \| process killed, container restarts \|.*\| skipped: no container engine can be used \(docker .* \|$/m,
  );
  expect(said.trimEnd().split('\n').at(-1)).toBe('1 of 1 held, 1 skipped');
});
