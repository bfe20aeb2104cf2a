import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentedCommand } from '../docs/documented-commands.ts';
import { programProblem } from '../harness/programs.ts';
import { ShellProgram } from '../harness/shell-program.ts';
import { skipFor } from '../harness/skip-for.ts';
import { engineProblem } from './engine.ts';

const BUILD_TIMEOUT_MS = 600_000;
const commands = {
  build: documentedCommand('docs/supply-chain.md', 'docker build').text,
  check: documentedCommand('docs/supply-chain.md', 'jq').text,
  bundle: documentedCommand('docs/supply-chain.md', 'npx node scripts/bundle.ts').text,
  compare: documentedCommand('docs/supply-chain.md', 'diff').text,
};

/** The commands of the page that verify an image, run in an empty folder. */
describe('an image, verified as the page says', skipFor(engineProblem), () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'echo-daytime-verified-'));
    await run(commands.build, 0);
    await run(commands.bundle, 0);
  }, BUILD_TIMEOUT_MS);

  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(command: string, code: number): Promise<string> {
    await using program = new ShellProgram(command.replaceAll('dist/', `${folder}/`));
    expect(await program.exited, `${command}\n${program.output}`).toEqual([code, null]);
    return program.stdout;
  }

  it(
    'should match its description, and fail the check when a file is changed',
    skipFor(programProblem('jq')),
    async () => {
      expect(await run(commands.check, 0)).toBe('');
      appendFileSync(join(folder, 'image/etc/passwd'), 'intruder:x:0:0::/:\n');
      expect(await run(commands.check, 1)).toMatch(/^\S*image\/etc\/passwd: FAILED$/m);
    },
  );

  it('should have the bytes of a bundle made here, and fail the check when they differ', async () => {
    expect(await run(commands.compare, 0)).toBe('');
    appendFileSync(join(folder, 'image/app/src/main.js'), '\n');
    expect(await run(commands.compare, 1)).toContain('src/main.js');
  });
});
