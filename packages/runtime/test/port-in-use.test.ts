import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';

const tcp: Server = createServer();
const udp = createSocket('udp4');

beforeAll(async () => {
  tcp.listen({ host: '127.0.0.1', port: 0 });
  udp.bind(0, '127.0.0.1');
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
});
afterAll(() => {
  tcp.close();
  udp.close();
});

describe('a port that another program uses', () => {
  it.each([
    ['TCP', 'echo', () => ({ PORT: portOf(tcp), UDP: 'off' }), 'echo-tcp', 'PORT'],
    ['UDP', 'udp-daytime', () => ({ PORT: portOf(udp) }), 'daytime-udp', 'PORT'],
    ['admin', 'echo', () => ({ ADMIN_PORT: portOf(tcp) }), 'admin listener', 'ADMIN_PORT'],
  ])('should be named with its key, exit code 1 (%s)', async (_which, name, env, listener, key) => {
    await using service = ServiceProcess.spawn(name, env());
    expect(await service.exited).toEqual({ code: 1, signal: null });
    const fatal = service.log.filter(({ level }) => level === 'fatal');
    expect(fatal).toHaveLength(1);
    const { msg } = fatal[0]!;
    const port = env()[key as keyof ReturnType<typeof env>];
    expect(msg).toMatch(new RegExp(`^${listener}: .*127\\.0\\.0\\.1\\b`));
    expect(msg).toMatch(new RegExp(`\\bport ${port}\\b.* in use.*\\bset ${key}\\b`));
    expect(msg).toContain('EADDRINUSE');
    expect(service.log.some((line) => line.msg === 'listening')).toBe(false);
    expect(service.stderr).toBe('');
  });

  it('should end a service whose workers share the port, because others may not', async () => {
    const env = { PORT: portOf(tcp), UDP: 'off', WORKERS: '2' };
    await using service = ServiceProcess.spawn('echo', env);
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.log.filter(({ level }) => level === 'fatal')).toHaveLength(1);
  });

  it('should be reported differently from an address that the machine does not have', async () => {
    await using service = ServiceProcess.spawn('daytime', { HOST: '192.0.2.1' });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.log.at(-1)?.msg).toMatch(/does not have that address; set HOST .*\(EADDRNOTAVAIL\)$/);
  });
});

describe('an address with an unknown zone', () => {
  it.each([
    ['TCP', 'echo', { UDP: 'off', HOST: 'fe80::77%gone' }],
    ['UDP, an address that needs none', 'udp-daytime', { HOST: '::1%gone' }],
    ['admin', 'daytime', { ADMIN_HOST: 'fe80::77%gone' }],
  ])('should be named with the existing interfaces, exit code 1 (%s)', async (_which, name, env) => {
    await using service = ServiceProcess.spawn(name, env);
    expect(await service.exited).toEqual({ code: 1, signal: null });
    const [host] = Object.values(env).slice(-1);
    expect(service.log.at(-1)?.msg).toMatch(
      new RegExp(`can't listen on ${host} port 0: there is no interface gone; there are .*\\blo`),
    );
  });
});

function portOf(socket: { address(): AddressInfo | string | null }): string {
  return String((socket.address() as AddressInfo).port);
}
