import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@echo-daytime/runtime';
import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';
import { workloads } from './workloads.ts';

function problemsOf(...args: string[]): readonly string[] {
  try {
    readOptions(args);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the options', () => {
  it('should be all workloads, five runs, two seconds', () => {
    expect(readOptions([])).toMatchObject({ workloads, runs: 5, seconds: 2, gate: false, updateDocs: false });
  });

  it('should choose workloads by the beginnings of their names', () => {
    const { workloads: chosen } = readOptions(['--only', 'udp,tcp-daytime']);
    expect(chosen.map(({ id }) => id)).toEqual(['tcp-daytime', 'udp-echo', 'udp-daytime']);
  });

  it('should be quick with --quick, except for flags that ask for more', () => {
    expect(readOptions(['--quick'])).toMatchObject({ runs: 1, seconds: 0.3 });
    expect(readOptions(['--runs=3', '--quick'])).toMatchObject({ runs: 3, seconds: 0.3 });
  });

  it('should compare with the bundles of another version alone', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'bench-options-'));
    const refused = [expect.stringMatching(/^--before ".*" must be a folder that .* made; it has no echo, /)];
    expect(problemsOf('--before', folder.path)).toEqual(refused);
    for (const service of ['echo', 'daytime', 'udp-daytime']) {
      await mkdir(join(folder.path, service, 'src'), { recursive: true });
      await writeFile(join(folder.path, service, 'src/main.js'), '');
    }
    const options = readOptions(['--only', 'udp', '--before', folder.path]);
    expect(options.workloads.map(({ contenders }) => contenders.map(({ name }) => name))).toEqual([
      ['ours', 'before'],
      ['ours', 'before'],
    ]);
    expect(problemsOf('--update-docs', '--before', folder.path)).toHaveLength(1);
  });

  it('should report all invalid options at once', () => {
    expect(problemsOf('--only', 'tcp,sctp', '--runs', '0', '--seconds', 'soon', '--fast')).toEqual([
      '--fast is not a flag of this program',
      expect.stringMatching(/^--only "tcp,sctp" must be beginnings of tcp-echo-50x64, .*udp-daytime/),
      '--runs "0" must be a whole number from 1 to 100',
      '--seconds "soon" must be a number of seconds from 0.1 to 60',
    ]);
  });

  it('should refuse --update-docs for a part of the workloads or too few runs', () => {
    const refused = [expect.stringContaining('--update-docs is for all workloads with at least 5 runs')];
    expect(problemsOf('--update-docs', '--quick')).toEqual(refused);
    expect(problemsOf('--update-docs', '--only', 'udp')).toEqual(refused);
    expect(problemsOf('--update-docs', '--runs', '5')).toEqual([]);
  });
});
