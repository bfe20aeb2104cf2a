import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variableOf } from '@echo-daytime/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { docker, engineProblem } from '../e2e/engine.ts';
import { eventually } from '../harness/eventually.ts';
import { blocksOf, tableOf } from '../harness/markdown.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { skipFor } from '../harness/skip-for.ts';
import { TcpClient } from '../harness/tcp-client.ts';
import { UdpClient } from '../harness/udp-client.ts';
import { keysOf } from '../repo/services.ts';

const PAGE = 'SECURITY.md';
const blocks = blocksOf(PAGE);
const [trusted, open] = blocks.filter(({ info }) => info === 'ini').map(({ lines }) => lines.join('\n'));
const override = blocks.find(({ info }) => info === 'yaml')!.lines.join('\n');
const settings = (parse(override) as { services: Record<string, { environment: Record<string, string> }> })
  .services;

interface ComposeConfig {
  readonly services: Record<
    string,
    {
      readonly environment: Record<string, string>;
      readonly ports: readonly { readonly host_ip: string; readonly target: number }[];
    }
  >;
}

/** Ports of admin listeners and of the status page. */
const ADMIN_PORTS = [9007, 9013, 9113, 8080, 9090, 3000];

describe('compose with a profile of SECURITY.md', skipFor(engineProblem), () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'echo-daytime-profile-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function configOf(env: string, overrides?: string): Promise<ComposeConfig> {
    const envFile = join(folder, 'env');
    writeFileSync(envFile, env);
    const files = ['--file', 'docker-compose.yml'];
    if (overrides !== undefined) {
      writeFileSync(join(folder, 'override.yml'), overrides);
      files.push('--file', join(folder, 'override.yml'));
    }
    const compose = ['compose', '--env-file', envFile, '--project-directory', '.', ...files];
    return JSON.parse(await docker([...compose, 'config', '--format', 'json']));
  }

  /** The addresses that targets, and what watches them, are published on. */
  function published({ services }: ComposeConfig): { targets: string[]; admin: string[] } {
    const ports = Object.values(services).flatMap((service) => service.ports);
    const hosts = (isAdmin: boolean): string[] => [
      ...new Set(
        ports.filter(({ target }) => ADMIN_PORTS.includes(target) === isAdmin).map(({ host_ip }) => host_ip),
      ),
    ];
    return { targets: hosts(false), admin: hosts(true) };
  }

  it('should publish on loopback alone without one', async () => {
    expect(published(await configOf(''))).toEqual({ targets: ['127.0.0.1'], admin: ['127.0.0.1'] });
  });

  it('should confine every service, and have the engine rotate its logs and hand on early stop signals', async () => {
    for (const [service, config] of Object.entries((await configOf('')).services)) {
      expect(config, service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        logging: { driver: 'local' },
        init: true,
      });
    }
  });

  it('should publish everything on a trusted network', async () => {
    expect(published(await configOf(trusted!))).toEqual({ targets: ['0.0.0.0'], admin: ['0.0.0.0'] });
  });

  it('should publish targets alone on an open one, and pass the settings on', async () => {
    const config = await configOf(open!, override);
    expect(published(config)).toEqual({ targets: ['0.0.0.0'], admin: ['127.0.0.1'] });
    for (const [service, { environment }] of Object.entries(settings)) {
      expect(config.services[service]!.environment).toMatchObject(environment);
    }
  });
});

describe('the settings for an open network', () => {
  it('should be of the targets, all of them', () => {
    expect(Object.keys(settings).sort()).toEqual(['daytime', 'echo', 'udp-daytime']);
  });

  it('should be those of the page on operations, value for value', () => {
    const recommended = tableOf('docs/operations.md', 'On the Internet').flatMap(([setting = '']) =>
      [...setting.matchAll(/`([A-Z_]+)=([^`]+)`/g)].map(([, key = '', value]) => [key, value]),
    );
    // What watches is confined by what compose publishes, not by these.
    const ofTargets = recommended.filter(([key]) => key !== 'ADMIN_HOST');
    const set = Object.values(settings).flatMap(({ environment }) => Object.entries(environment));
    expect(Object.fromEntries(ofTargets)).toEqual(Object.fromEntries(set));
  });

  it.each(Object.entries(settings))('should be keys that %s has', async (service, { environment }) => {
    const keys = Object.keys(await keysOf(service)).map(variableOf);
    expect(Object.keys(environment).filter((name) => !keys.includes(name))).toEqual([]);
  });

  it('should leave an echo of TCP alone, and few connections to each source', async () => {
    await using echo = await ServiceProcess.start('echo', settings.echo!.environment);
    expect(listenersOf(echo)).toEqual(new Set(['echo-tcp']));
    await expectFewConnections(
      echo,
      'echo-tcp',
      Number(settings.echo!.environment.MAX_CONNECTIONS_PER_SOURCE),
    );
    expect((await echo.stop()).code).toBe(0);
  });

  it('should leave a daytime without sessions', async () => {
    await using daytime = await ServiceProcess.start('daytime', settings.daytime!.environment);
    expect(listenersOf(daytime)).toEqual(new Set(['daytime-tcp']));
    using client = await TcpClient.connect(daytime.port('daytime-tcp'));
    expect((await client.takeAll()).toString()).toMatch(/^[\x20-\x7e]+\r\n$/);
    expect((await daytime.stop()).code).toBe(0);
  });

  it('should leave a udp-daytime that amplifies nothing, in any format', async () => {
    const { environment } = settings['udp-daytime']!;
    await using daytime = await ServiceProcess.start('udp-daytime', environment);
    await using client = await UdpClient.open();
    const port = daytime.port('daytime-udp');
    const shortest = Number(environment.MIN_REQUEST_BYTES);
    const ask = (format: string): Promise<Buffer> => client.ask(format.padEnd(shortest, '\n'), port);
    client.send(Buffer.alloc(shortest - 1), port);
    for (const format of ['', 'rfc867', 'nist', 'go', 'iso8601']) {
      expect((await ask(format)).length).toBeLessThanOrEqual(shortest);
    }
    expect(client.answers).toHaveLength(5);
    for (let sent = 0; sent < 100; sent += 1) client.send(Buffer.alloc(shortest), port);
    await eventually(async () => {
      const metrics = await daytime.metrics();
      const labels = { listener: 'daytime-udp' };
      expect(metrics.value('l4_udp_datagrams_received_total', labels)).toBe(106);
      // A burst of twice the rate, and what the rate allows while this runs.
      expect(metrics.value('l4_udp_datagrams_dropped_total', { ...labels, reason: 'rate' })).toBeGreaterThan(
        0,
      );
      expect(metrics.value('l4_udp_datagrams_dropped_total', { ...labels, reason: 'too_short' })).toBe(1);
    });
    expect((await daytime.stop()).code).toBe(0);
  });
});

function listenersOf(service: ServiceProcess): Set<unknown> {
  const line = service.log.find(({ msg }) => msg === 'listening');
  return new Set((line!.addresses as { listener: string }[]).map(({ listener }) => listener));
}

async function expectFewConnections(service: ServiceProcess, listener: string, limit: number): Promise<void> {
  using held = new DisposableStack();
  const connect = async (): Promise<TcpClient> => held.use(await TcpClient.connect(service.port(listener)));
  for (let open = 0; open < limit; open += 1) await connect();
  const over = await connect();
  expect(await over.ended).toBe('ECONNRESET');
}
