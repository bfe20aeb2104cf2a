import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@echo-daytime/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import type { TargetsFileStatus } from '../../src/monitor/status/types.ts';
import { watchTargetsFile } from '../../src/targets/file-watch.ts';

const NOISE_INTERVAL_MS = 50;

describe('a targets file that is followed', () => {
  let root: string;
  let folder: string;
  let path: string;
  /** Names of the targets, in the order in which they were applied. */
  let applied: string[];
  let reported: TargetsFileStatus[];
  let now: number;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'load-probe-watch-'));
    folder = join(root, 'folder');
    path = join(folder, 'targets.yaml');
    applied = [];
    reported = [];
    now = 1_000;
    await mkdir(folder);
  });
  afterEach(() => rm(root, { recursive: true }));

  const textOf = (name: string): string => `targets: [{ url: 'echo+udp://192.0.2.7:7', name: ${name} }]\n`;

  /** Starts the watch; resolves when the first content of the file is applied. */
  async function follow(name: string): Promise<void> {
    watchTargetsFile({
      path,
      settings: { interval: 1_000, timeout: 1_000, size: 64 },
      log: { info() {}, warn() {}, error() {} } as unknown as Logger,
      apply(targets) {
        applied.push(...targets.map((target) => target.name));
        return { added: [], changed: [], removed: [], kept: targets.length };
      },
      report: (status) => reported.push(status),
      epoch: () => now,
    });
    await expectApplied(name);
  }

  const expectApplied = (name: string): Promise<void> => eventually(() => expect(applied.at(-1)).toBe(name));

  it('should be reported with its problems while it is invalid, and with the time of its last good version', async () => {
    await writeFile(path, textOf('one'));
    await follow('one');
    expect(reported.at(-1)).toEqual({ path, readAt: 1_000, problems: [] });
    now = 2_000;
    await writeFile(path, 'targets: [{ url: "echo+udp://192.0.2.7" }]\n');
    await eventually(() => expect(reported.at(-1)?.problems).not.toEqual([]));
    expect(reported.at(-1)).toMatchObject({ path, readAt: 1_000 });
    expect(reported.at(-1)?.problems.join()).toContain('has no port');
    expect(applied.at(-1)).toBe('one');
    now = 3_000;
    await writeFile(path, textOf('two'));
    await expectApplied('two');
    expect(reported.at(-1)).toEqual({ path, readAt: 3_000, problems: [] });
  });

  it('should be read again while another file in its folder changes all the time', async () => {
    await writeFile(path, textOf('one'));
    await follow('one');
    const noise = setInterval(() => void writeFile(join(folder, 'log'), `${Date.now()}`), NOISE_INTERVAL_MS);
    try {
      await writeFile(path, textOf('two'));
      await expectApplied('two');
    } finally {
      clearInterval(noise);
    }
  });

  it('should be read again while it changes all the time', async () => {
    await writeFile(path, textOf('one'));
    await follow('one');
    const writing = setInterval(() => void writeFile(path, textOf('two')), NOISE_INTERVAL_MS);
    try {
      // A half-written file may be read sometimes. The test only needs a read while the writes go on.
      await eventually(() => expect(applied).toContain('two'));
    } finally {
      clearInterval(writing);
    }
  });

  it('should be read again when it is a link and the file of another folder is edited', async () => {
    const target = join(root, 'elsewhere.yaml');
    await writeFile(target, textOf('one'));
    await symlink(target, path);
    await follow('one');
    await writeFile(target, textOf('two'));
    await expectApplied('two');
  });

  it('should be read again when its folder is replaced, and when the new one is edited', async () => {
    await writeFile(path, textOf('one'));
    await follow('one');
    await mkdir(join(root, 'next'));
    await writeFile(join(root, 'next', 'targets.yaml'), textOf('two'));
    await rename(folder, join(root, 'old'));
    await rename(join(root, 'next'), folder);
    await expectApplied('two');
    await writeFile(path, textOf('three'));
    await expectApplied('three');
  });

  it('should be read again when its folder is a link that points to another release', async () => {
    const release = async (number: number, name: string): Promise<void> => {
      const there = join(root, `release-${number}`);
      await mkdir(there);
      await writeFile(join(there, 'targets.yaml'), textOf(name));
      await symlink(there, join(root, 'link'));
      await rename(join(root, 'link'), join(root, 'current'));
    };
    await release(1, 'one');
    path = join(root, 'current', 'targets.yaml');
    await follow('one');
    await release(2, 'two');
    await expectApplied('two');
    await writeFile(path, textOf('three'));
    await expectApplied('three');
  });
});
