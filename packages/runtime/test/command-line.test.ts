import { describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';

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

  it('should report what is wrong with a bad one and exit with 2', async () => {
    await using service = ServiceProcess.spawn('echo', { PORT: 'x' }, ['--backlog', '0', '--check-config']);
    expect(await service.exited).toEqual({ code: 2, signal: null });
    expect(service.stderr).toContain('2 problems');
    expect(service.log).toEqual([]);
  });
});

it('should let a flag win over its variable', async () => {
  const env = { MAX_CONNECTIONS: '5', IDLE_TIMEOUT: '1s' };
  await using service = await ServiceProcess.start('echo', env, ['--max-connections=6']);
  expect(service.log[0]).toMatchObject({ msg: 'start', config: { maxConnections: 6, idleTimeout: 1_000 } });
});

/** What the program prints when it ends at once, and well. */
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
