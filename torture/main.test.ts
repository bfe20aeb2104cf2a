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
