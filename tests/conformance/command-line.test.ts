import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys } from '../../services/daytime/src/config.ts';
import { openDaytime } from '../../services/daytime/src/worker.ts';
import { LocalDataPlane } from '../harness/local-data-plane.ts';
import { notListening } from './broken-server.ts';
import { clauses } from './clauses.ts';
import { conformance } from './command-line.ts';

const program = fileURLToPath(new URL('../../scripts/conformance.ts', import.meta.url));

/** A daytime service on every address of this machine. */
function openDaytimeService(env: Readonly<Record<string, string>> = {}): Promise<LocalDataPlane> {
  return LocalDataPlane.open(openDaytime, keys, { HOST: '::', SESSION_PORT: '0', ...env });
}

describe('npm run conformance', () => {
  let daytime: LocalDataPlane;
  beforeAll(async () => {
    daytime = await openDaytimeService();
  });
  afterAll(() => daytime[Symbol.asyncDispose]());

  const linesWith = (output: string, word: string): string[] =>
    stripVTControlCharacters(output)
      .split('\n')
      .filter((line) => new RegExp(`^8\\d+-\\S+ +${word} `).test(line));

  it('should show every clause and exit 0 when all that were tried held', async () => {
    const { code, stdout, stderr } = await conformance(['--daytime-tcp-port', `${daytime.port}`]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(linesWith(stdout, 'held')).toHaveLength(10);
    expect(linesWith(stdout, 'skipped')).toHaveLength(clauses.length - 10);
    expect(stdout).toContain(`10 held, 0 failed, 0 differs, ${clauses.length - 10} skipped`);
  });

  it('should try a host by its name and report as JSON', async () => {
    const { port } = daytime;
    const { code, stdout } = await conformance(['--host=localhost', `--daytime-tcp-port=${port}`, '--json']);
    const report = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(report).toMatchObject({ version: 1, target: { daytimeTcpPort: port, timeoutMs: 2000 } });
    expect(['127.0.0.1', '::1']).toContain(report.target.host);
    expect(report.sums).toEqual({ held: 10, failed: 0, differs: 0, skipped: clauses.length - 10 });
    expect(report.clauses.map(({ id }: { id: string }) => id)).toEqual(clauses.map(({ id }) => id));
    expect(report.clauses).toContainEqual(
      expect.objectContaining({ id: '862-udp-1', verdict: 'skipped', reason: 'no port given' }),
    );
  });

  it('should exit 1 when a required clause failed, and say why', async () => {
    await using absent = await notListening('tcp', '862-tcp-1').open();
    const { code, stdout } = await conformance(['--echo-tcp-port', `${absent.port}`]);
    expect(code).toBe(1);
    expect(linesWith(stdout, 'failed')).toEqual([
      expect.stringMatching(/^862-tcp-1 .*no connection: ECONNREFUSED$/),
    ]);
    expect(stdout).toContain('not tried, as 862-tcp-1 failed');
  });

  it('should not fail a server for a suggestion it does not follow', async () => {
    await using other = await openDaytimeService({ FORMAT: 'iso8601' });
    const { code, stdout } = await conformance(['--daytime-tcp-port', `${other.port}`]);
    expect(code).toBe(0);
    expect(linesWith(stdout, 'differs')).toEqual([
      expect.stringMatching(/^867-tcp-10 .*the syntax is iso8601/),
    ]);
  });

  it('should name every problem of its flags and exit 2', () => {
    const args = ['--host=', '--timeout', '5', '--ports=7', 'stray'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('--ports is not a flag');
    expect(stderr).toContain('unexpected argument "stray"');
    expect(stderr).toContain('--host "" must be a name or an address');
    expect(stderr).toContain('--timeout "5" must be a duration');
    expect(stderr).toContain('no port to try; give one or more of --echo-port,');
  });

  it.each([
    { args: [], problem: 'no port to try' },
    { args: ['--echo-port='], problem: 'no port to try' },
    { args: ['--echo-port', '0'], problem: '--echo-port "0" must be a port from 1 to 65535' },
    { args: ['--daytime-udp-port', '65536'], problem: '--daytime-udp-port "65536" must be a port' },
    { args: ['--echo-port', '7', '--timeout', '0s'], problem: '--timeout must be longer than 0' },
    {
      args: ['--echo-port', '7', '--host', 'no.such.invalid'],
      problem: '--host "no.such.invalid" has no address',
    },
  ])('should exit 2 on $args', async ({ args, problem }) => {
    const { code, stderr } = await conformance(args);
    expect(stderr).toContain(problem);
    expect(code).toBe(2);
  });
});
