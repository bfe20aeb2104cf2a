import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { runProcess, runProgram } from '../program.ts';

const servicesProblem = existsSync('/etc/services') ? undefined : 'this machine has no /etc/services';

describe('resolve', () => {
  it('should print the addresses of a name in the order of the system', async () => {
    const addresses = await lookup('localhost', { all: true, order: 'verbatim' });
    const { code, stdout, stderr } = await runProcess(['resolve', 'localhost']);
    const lines = addresses.map(({ address, family }) => `  IPv${family} ${address}\n`);
    expect(stdout.startsWith(`localhost\n${lines.join('')}`)).toBe(true);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('should know an address by itself, and its name', async () => {
    expect((await runProgram(['resolve', '::1'])).stdout).toBe('::1\n  IPv6 ::1\n');
    const { stdout } = await runProgram(['resolve', '--reverse', '--json', '127.0.0.1']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      ok: true,
      addresses: [{ address: '127.0.0.1', family: 4, name: expect.stringMatching(/^[\w.-]+$/) }],
    });
  });

  it('should print the ports of a service, and the names of a port', skipFor(servicesProblem), async () => {
    const byName = await runProgram(['resolve', ':daytime']);
    expect(byName).toMatchObject({ code: 0, stderr: '' });
    expect(byName.stdout).toMatch(/^13\/tcp daytime$/m);
    const byPort = JSON.parse((await runProgram(['resolve', '--json', 'localhost:7'])).stdout);
    expect(byPort).toMatchObject({ ok: true, host: 'localhost', service: '7', problems: [] });
    expect(byPort.services).toContainEqual({ name: 'echo', port: 7, protocol: 'tcp', aliases: [] });
  });

  it('should exit 1 and say in words what was not found', async () => {
    const args = ['resolve', 'no-such-host.invalid:no-such-service'];
    const { code, stdout, stderr } = await runProcess(args);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/no-such-host\.invalid/);
    expect(stderr).toMatch(/no-such-service|can't be read/);
    expect(code).toBe(1);
    const report = JSON.parse((await runProgram([...args, '--json'])).stdout);
    expect(report).toMatchObject({ version: 1, ok: false, addresses: [], services: [] });
    expect(report.problems).toHaveLength(2);
  });

  it('should say when a port has no name, which is no failure', async () => {
    // In the range that is never assigned, RFC 6335 section 6.
    const { code, stdout } = await runProgram(['resolve', ':65000']);
    expect(stdout).toBe(servicesProblem === undefined ? 'port 65000 has no name\n' : '');
    expect(code).toBe(servicesProblem === undefined ? 0 : 1);
  });

  it('should exit 2 and name every mistake', async () => {
    const { code, stderr } = await runProgram(['resolve', '--what', '--timeout', '0s', 'a:b:c', 'more']);
    expect(code).toBe(2);
    expect(stderr).toContain('load-probe resolve: 4 problems in the command line');
    expect(stderr).toContain('there is no option --what');
    expect(stderr).toContain('--timeout "0s" must be a duration from 1ms to 1h');
    expect(stderr).toContain('"a:b:c" is no HOST or HOST:PORT');
    expect((await runProgram(['resolve'])).stderr).toContain('there is no HOST[:SERVICE]; name one');
    expect((await runProgram(['resolve', ':70000'])).stderr).toContain(
      'has port "70000"; it must be from 1 to 65535',
    );
  });
});
