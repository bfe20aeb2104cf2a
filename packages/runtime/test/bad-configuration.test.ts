import { describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';

/** Makes the service report every socket that it opens. */
const watched = {
  NODE_OPTIONS: `--import=${new URL('./fixtures/report-sockets.mjs', import.meta.url)}`,
};

describe('a configuration that can not be used', () => {
  it('should be refused with every problem at once and exit code 2, before a socket is opened', async () => {
    await using service = ServiceProcess.spawn('echo', {
      ...watched,
      PORT: '99999',
      MAX_CONNECTIONS: '-1',
    });
    expect(await service.exited).toEqual({ code: 2, signal: null });
    expect(service.stderr).toBe(
      [
        'echo: 2 problems in the configuration',
        '  PORT="99999" must be a port from 0 to 65535 (0 = any free port)',
        '  MAX_CONNECTIONS="-1" must be a whole number from 1 to 10000000',
        'Run with --help for every key, its default and what it does.',
        '',
      ].join('\n'),
    );
    expect(service.log).toEqual([]);
  });

  it('should be compared with a valid one, whose sockets the same report shows', async () => {
    await using service = await ServiceProcess.start('echo', {
      ...watched,
      ADMIN_HOST: '127.0.0.1',
      // The report shows the sockets of Node's own modules.
      UDP_ENGINE: 'dgram',
    });
    const opened = service.stderr.match(/^SOCKET \w+$/gm) ?? [];
    expect(opened.sort()).toEqual([
      ...Array<string>(3).fill('SOCKET tcp'), // the admin listener, echo on IPv4, echo on IPv6
      ...Array<string>(2).fill('SOCKET udp'),
    ]);
  });

  it.each([
    ['echo', ['--bogus', '3'], {}, '--bogus is not a flag of this program'],
    ['daytime', ['serve'], {}, 'unexpected argument "serve"'],
    [
      'udp-daytime',
      ['--admin-port=x'],
      { ADMIN_PORT: '1' },
      '--admin-port "x" must be a port from 0 to 65535',
    ],
    [
      'echo',
      [],
      { TCP: 'off', UDP: 'off' },
      'TCP=off, UDP=off, DIALOG_PORT=0 and STAMP_PORT=0 leave nothing',
    ],
    [
      'echo',
      [],
      { PROXY_PROTOCOL: 'required' },
      'PROXY_PROTOCOL=required trusts no proxy while TRUSTED_PROXIES is',
    ],
    ['daytime', [], { WORKERS: '2' }, 'PORT=0 (any free port) needs WORKERS=1'],
  ])('should be refused: %s %j %j', async (name, args, env, problem) => {
    await using service = ServiceProcess.spawn(name, { ...watched, ...env }, args);
    expect(await service.exited).toEqual({ code: 2, signal: null });
    expect(service.stderr).toMatch(new RegExp(`^${name}: 1 problem in the configuration\n`));
    expect(service.stderr).toContain(`\n  ${problem}`);
    expect(service.stderr).not.toContain('SOCKET');
    expect(service.stderr).not.toMatch(/\bat .*\.[jt]s:/);
  });
});
