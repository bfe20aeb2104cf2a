import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentedCommand } from '../tests/docs/documented-commands.ts';
import { withoutNpm } from '../tests/docs/without-npm.ts';
import { eventually } from '../tests/harness/eventually.ts';
import { generatorProblem } from '../tests/harness/programs.ts';
import { ShellProgram } from '../tests/harness/shell-program.ts';
import { skipFor } from '../tests/harness/skip-for.ts';

const everything = documentedCommand('docs/performance.md', 'npm run bench');
const oneWorkload = documentedCommand('docs/performance.md', 'npm run bench -- --only ');
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

describe('npm run bench', () => {
  /** The folder for temporary files: it must be empty afterwards. */
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'echo-daytime-bench-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  function start(command: string, path = '"$PATH"'): ShellProgram {
    return new ShellProgram(`PATH=${path} ${withoutNpm(command)}`, { env: { TMPDIR: folder } });
  }

  it('should refuse unknown values, and list the known ones', async () => {
    await using program = start('npm run bench -- --only smtp --runs 0');
    expect(await program.exited).toEqual([EXIT_USAGE, null]);
    expect(program.stderr).toMatch(/^bench: --only "smtp" must be beginnings of tcp-echo-50x64, /);
    expect(program.stderr).toContain('\nbench: --runs "0" must be a whole number from 1 to 100\n');
  });

  it('should say what to install where there is no compiler', async () => {
    await using program = start('npm run bench -- --quick', '/nowhere');
    expect(await program.exited).toEqual([EXIT_FAILED, null]);
    expect(program.stderr).toContain('there is no cc on this machine; run .ci/machine/bench-tools.sh');
    expect(await readdir(folder)).toEqual([]);
  });

  describe('with a compiler', skipFor(generatorProblem), () => {
    it('should measure the servers that the machine has, and name the others', async () => {
      await using program = start(`${oneWorkload.text} --quick`);
      expect(await program.exited, program.output).toEqual([0, null]);
      const { stdout } = program;
      for (const name of ['ours', 'c']) expect(stdout).toMatch(new RegExp(`^\\| ${name} +\\| +[1-9]`, 'm'));
      // socat starts a process for each connection: on a busy machine none may have answered when the run ends.
      for (const name of ['go', 'xinetd', 'socat']) {
        expect(stdout).toMatch(new RegExp(`^\\| ${name} +\\| +\\d|^- ${name} skipped: install`, 'm'));
      }
      expect(stdout).toMatch(/^- goal: requests\/s ≥ 0\.8 × c – (held|missed by \d+ %) \(\d+\.\d\d × c\)$/m);
      expect(stdout).toMatch(
        /^The generator( drove the C reference faster than |: no workload had the C reference )/m,
      );
      expect(stdout).toMatch(/^(No goal was missed\.|Goals missed: \d\.)\n$/m);
      expect(await readdir(folder)).toEqual([]);
    });

    it.each([
      [`${everything.text} -- --only tcp-echo-50x64 --runs 1 --seconds 60`, 'run 1 of 1, ours'],
      ['npm run bench:probers -- --rates 1000 --seconds 60', '| prober |'],
    ])('should leave nothing behind when it is interrupted: %s', async (command, begun) => {
      await using program = start(command);
      await eventually(() => expect(program.output).toContain(begun));
      // The server and what sends to it.
      await eventually(() => expect(program.family()).toHaveLength(3));
      const [, ...started] = program.family();
      program.child.kill('SIGINT');
      expect(await program.exited).toEqual([EXIT_FAILED, null]);
      expect(started.filter(isAlive)).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
