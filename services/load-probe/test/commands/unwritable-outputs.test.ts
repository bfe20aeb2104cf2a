import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainOfService } from '../../../../tests/harness/main-module.ts';
import { echoing, type Peer, tcpPeer } from '../peers.ts';
import { type Ended, ended } from '../program.ts';

const MAIN = mainOfService('load-probe');
/** The unit of `ulimit -f` in bash. */
const BLOCK_BYTES = 1_024;

describe('an output that can not be written', () => {
  let folder: string;
  let peer: Peer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-probe-full-'));
    peer = await tcpPeer(echoing);
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Runs a command with a redirection of the shell; files may not grow beyond one block. */
  function run(args: string, redirection: string): Promise<Ended> {
    // Without the compile cache, whose files would be truncated too.
    const command = `ulimit -f 1; exec '${process.execPath}' '${MAIN}' ${args} ${redirection}`;
    const { PATH } = process.env;
    return ended(
      spawn('bash', ['-c', command], { cwd: folder, env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  const check = (): string => `check --count 1 --timeout 10s echo+tcp://127.0.0.1:${peer.port}`;

  it.each([
    ['check', () => check()],
    ['check', () => `${check()} --json`],
    ['check', () => `${check()} --max-p99 1us`],
    ['send', () => `send --data hello 127.0.0.1:${peer.port}`],
    ['send', () => `send --json --data hello 127.0.0.1:${peer.port}`],
    ['resolve', () => 'resolve 127.0.0.1'],
  ])('should make %s exit 2 and say why in a sentence: standard output', async (name, args) => {
    const { code, stderr } = await run(args(), '> /dev/full');
    const said = stderr.split('\n').filter((line) => line.includes("can't be written"));
    expect(said).toEqual([
      `load-probe ${name}: standard output can't be written: ENOSPC: no space left on device, write`,
    ]);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
  });

  it('should make check exit 2 and say why in a sentence: the file of --junit', async () => {
    const { code, stderr, stdout } = await run(`${check()} --junit /dev/full`, '');
    // On a busy machine the probe may be late.
    expect(stdout).toMatch(/^ {2}[01] of 1 ok/m);
    expect(stderr).toBe(
      'load-probe check: --junit "/dev/full" can\'t be written: ENOSPC: no space left on device, write\n',
    );
    expect(code).toBe(2);
  });

  it('should be noticed after a partial write: standard output', async () => {
    const { code, stderr } = await run(`${check()} --json`, '> report.json');
    expect((await stat(join(folder, 'report.json'))).size).toBe(BLOCK_BYTES);
    expect(stderr).toBe("load-probe check: standard output can't be written: EFBIG: file too large, write\n");
    expect(code).toBe(2);
  });

  it('should be noticed after a partial write: the file of --junit', async () => {
    const gates = '--max-p50 9s --max-jitter 9s --min-success 1 --max-loss 0% --max-p99 9s';
    const { code, stderr } = await run(`${check()} ${gates} --junit part.xml`, '');
    expect(await readFile(join(folder, 'part.xml'))).toHaveLength(BLOCK_BYTES);
    expect(stderr).toBe(
      'load-probe check: --junit "part.xml" can\'t be written: EFBIG: file too large, write\n',
    );
    expect(code).toBe(2);
  });

  it('should make send exit 2 without a message where it is standard error', async () => {
    expect(await run(`send --data hello 127.0.0.1:${peer.port}`, '2> /dev/full')).toMatchObject({
      stdout: 'hello',
      code: 2,
    });
  });
});
