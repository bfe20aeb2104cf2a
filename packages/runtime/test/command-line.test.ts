import { describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';

const MISSPELT = '"DRAIN_DEALY" is set and is no key of this service; did you mean DRAIN_DELAY?';
/** The default ADMIN_PORT of each service. */
const adminPorts: Readonly<Record<string, string>> = { echo: '9007', daytime: '9013', 'udp-daytime': '9113' };

describe.each(['echo', 'daytime', 'udp-daytime'])('%s', (name) => {
  it('should print every key with its flag and default on --help', async () => {
    const { keys } = await import(`../../../services/${name}/src/config.ts`);
    const help = await run(name, ['--help'], { PORT: 'not even valid' });
    expect(help.startsWith(`${name} `)).toBe(true);
    for (const [key, { default: initial, doc }] of Object.entries<{ default: string; doc: string }>(keys)) {
      const variable = key.replace(/[A-Z]/g, '_$&').toUpperCase();
      const flag = `--${variable.toLowerCase().replaceAll('_', '-')}`;
      const line = help.split('\n').find((candidate) => candidate.includes(`  ${variable}, ${flag} `));
      expect(line, `no line for ${variable} in\n${help}`).toBeDefined();
      expect(line).toContain(`${doc} (default ${initial || 'empty'})`);
    }
    for (const flag of ['--check-config', '--version', '--help']) expect(help).toContain(`  ${flag} `);
  });

  it('should print its version on --version', async () => {
    const { default: manifest } = await import(`../../../services/${name}/package.json`);
    expect(await run(name, ['--version'])).toBe(`${name} ${manifest.version}\n`);
  });
});

describe('--check-config', () => {
  it('should say that a good configuration is valid, and start nothing', async () => {
    expect(await run('echo', ['--check-config', '--port', '7'])).toBe('echo: the configuration is valid\n');
  });

  it.each([
    ['daytime', { SESSION_PORT: '9013' }, 'SESSION_PORT=9013 and ADMIN_PORT=9013 are one TCP port'],
    ['echo', { TCP: 'off', PORT: '9007' }, undefined],
    ['udp-daytime', { PORT: '9113' }, undefined],
    ['udp-daytime', { ADMIN_HOST: '::1,0::0' }, 'ADMIN_HOST="::1,0::0" must not name ::1 beside ::'],
  ])('should find a problem that would only fail after the start: %s %j', async (name, env, problem) => {
    const given = { HOST: '::', ADMIN_HOST: '::', PORT: '1', ADMIN_PORT: adminPorts[name]!, ...env };
    await using service = ServiceProcess.spawn(name, given, ['--check-config']);
    expect(await service.exited).toEqual({ code: problem === undefined ? 0 : 2, signal: null });
    expect(service.stderr).toContain(problem ?? '');
  });

  it('should warn of a variable that is most likely misspelt', async () => {
    await using service = ServiceProcess.spawn('echo', { DRAIN_DEALY: '5s' }, ['--check-config']);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe(`echo: ${MISSPELT}\n`);
  });

  it('should report the problems of a bad configuration and exit with 2', async () => {
    await using service = ServiceProcess.spawn('echo', { PORT: 'x' }, ['--backlog', '0', '--check-config']);
    expect(await service.exited).toEqual({ code: 2, signal: null });
    expect(service.stderr).toContain('2 problems');
    expect(service.log).toEqual([]);
  });
});

it('should warn at the start of a variable that is most likely misspelt', async () => {
  await using service = await ServiceProcess.start('echo', { DRAIN_DEALY: '5s' });
  expect(service.log.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toEqual([MISSPELT]);
});

/** The output of a program that ends at once with exit code 0. */
async function run(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using service = ServiceProcess.spawn(name, env, args);
  expect(await service.exited).toEqual({ code: 0, signal: null });
  expect(service.stderr).toBe('');
  return service.log.map(({ msg }) => `${msg}\n`).join('');
}
