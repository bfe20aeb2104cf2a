import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { interfaceWith } from '@echo-daytime/addresses';
import { describe, expect, it } from 'vitest';
import { BUNDLES } from '../../../tests/harness/main-module.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';

/** Bundled, as in the images: from source, Node takes several times as long to start it. */
const program = BUNDLES
  ? `${BUNDLES}/services/echo/healthcheck.js`
  : fileURLToPath(new URL('../src/admin/healthcheck.ts', import.meta.url));

type Environment = Readonly<Record<string, string>>;

/** @param flags the flags of process 1; when given, the check runs in a process namespace of its own */
async function check(env: Environment, flags?: readonly string[]): Promise<{ code: number; said: string }> {
  const node = [process.execPath, program] as const;
  const [command, ...args] = flags
    ? ([...ISOLATED, 'sh', '-c', '"$0" "$1"; exit $?', ...node, ...flags] as const)
    : node;
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  expect(errors).toBe('');
  return { code, said };
}

/** A process namespace of its own, in which sh is process 1. */
const ISOLATED = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc'] as const;

/** Checks a server that answers on one address. */
async function checkServer(
  host: string,
  env: (port: number) => Environment,
  answer: RequestListener,
  flags?: (port: number) => readonly string[],
): Promise<{ code: number; said: string }> {
  await using server = createServer(answer);
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const result = await check(env(port), flags?.(port));
  server.closeAllConnections();
  return result;
}

describe('health check', () => {
  const onPort = (port: number) => ({ ADMIN_PORT: String(port) });

  it('should pass a service that is ready', async () => {
    const asked: (string | undefined)[] = [];
    const result = await checkServer('127.0.0.1', onPort, ({ url }, response) => {
      asked.push(url);
      response.end('{"status":"ready"}');
    });
    expect(result).toEqual({ code: 0, said: '200 {"status":"ready"}\n' });
    expect(asked).toEqual(['/readyz']);
  });

  it('should fail a service that is not ready, with its reason', async () => {
    const result = await checkServer('127.0.0.1', onPort, (_request, response) => {
      response.writeHead(503).end('{"status":"draining"}');
    });
    expect(result).toEqual({ code: 1, said: '503 {"status":"draining"}\n' });
  });

  it('should fail where nothing listens', async () => {
    const { code, said } = await check({ ADMIN_PORT: '1' });
    expect(code).toBe(1);
    expect(said).toMatch(/^no answer from http:\/\/127\.0\.0\.1:1\/readyz: .*ECONNREFUSED.*\n$/);
  });

  it('should give up on a service that does not answer', async () => {
    const { code, said } = await checkServer('127.0.0.1', onPort, () => {});
    expect(code).toBe(1);
    expect(said).toMatch(/^no answer from .*: no complete response within 2 s\n$/);
  });

  it.each(['0.0.0.0', '::', '0:0:0:0:0:0:0:0'])(
    'should check loopback when ADMIN_HOST is %s',
    async (host) => {
      const env = (port: number) => ({ ADMIN_PORT: String(port), ADMIN_HOST: host });
      const result = await checkServer('127.0.0.1', env, (_request, response) => response.end('ready'));
      expect(result).toEqual({ code: 0, said: '200 ready\n' });
    },
  );

  it.each(['127.0.0.2', '127.0.0.2, 127.0.0.3'])(
    'should check the first address of ADMIN_HOST=%s',
    async (host) => {
      const env = (port: number) => ({ ADMIN_PORT: String(port), ADMIN_HOST: host });
      const result = await checkServer('127.0.0.2', env, (_request, response) => response.end('ready'));
      expect(result).toEqual({ code: 0, said: '200 ready\n' });
    },
  );

  it.each(['::1', `::1%${interfaceWith('::1')}`])('should check the IPv6 address %s', async (host) => {
    const env = (port: number) => ({ ADMIN_PORT: String(port), ADMIN_HOST: host });
    const result = await checkServer('::1', env, (_request, response) => response.end('ready'));
    expect(result).toEqual({ code: 0, said: '200 ready\n' });
  });

  it.each(['', '0', 'http'])('should say what is wrong with ADMIN_PORT=%s', async (port) => {
    const { code, said } = await check({ ADMIN_PORT: port });
    expect(code).toBe(1);
    expect(said).toBe(
      `ADMIN_PORT="${port}" names no port to check; set it to a fixed port from 1 to 65535\n`,
    );
  });

  it.each([
    { host: '127.0.0.1', flags: ['--admin-port', 'PORT'] },
    { host: '127.0.0.1', flags: ['--admin-port=PORT', '--admin-host', '127.0.0.1'] },
    {
      host: '127.0.0.2',
      flags: ['monitor', '--admin-host=127.0.0.2', '--admin-port=1', '--admin-port', 'PORT'],
    },
  ])(
    'should check the address in the flags of process 1: $flags',
    skipFor(notLinux),
    async ({ host, flags }) => {
      const result = await checkServer(
        host,
        () => ({ ADMIN_PORT: '1' }),
        (_request, response) => response.end('ready'),
        (port) => flags.map((flag) => flag.replace('PORT', `${port}`)),
      );
      expect(result).toEqual({ code: 0, said: '200 ready\n' });
    },
  );
});
