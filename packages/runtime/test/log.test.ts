import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { Conversation } from './conversation.ts';
import { startObedient } from './fixtures/obedient-service.ts';

describe('the log', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    const env = { LOG_LEVEL: 'info', MAX_CONNECTIONS: '5', IDLE_TIMEOUT: '1.5s' };
    service = await ServiceProcess.start('echo', env, ['--max-connections=7']);
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it('should begin with the whole effective configuration, a flag before its variable', () => {
    expect(service.log[0]).toMatchObject({
      msg: 'start',
      pid: service.child.pid,
      node: process.versions.node,
      config: {
        host: ['127.0.0.1', '::1'],
        port: 0,
        maxConnections: 7,
        idleTimeout: 1_500,
        backlog: 1024,
        loopGuard: true,
      },
    });
  });

  it('should name every address that is listened on', async () => {
    const { addresses } = await service.logged('listening');
    expect(addresses).toEqual(
      ['tcp', 'udp'].flatMap((protocol) =>
        ['127.0.0.1', '::1'].map((address) => ({
          listener: `echo-${protocol}`,
          protocol,
          address,
          port: service.port(`echo-${protocol}`),
          engine: expect.stringMatching(protocol === 'udp' ? /^(batch|dgram)$/ : /^(epoll|net)$/),
        })),
      ),
    );
  });

  it('should be one JSON line each for start, listening, draining and stopped, and none for a connection', async () => {
    for (const text of ['one', 'two', 'three']) {
      using client = await Conversation.open(service.port('echo-tcp'));
      expect(await client.ask(text)).toBe(text);
      client.close();
      expect(await client.ended).toBe('FIN');
    }
    expect(await service.stop()).toEqual({ code: 0, signal: null });

    expect(service.stderr).toBe('');
    expect(service.log.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      'info start',
      'info admin listening',
      'info listening',
      'info draining',
      'info stopped',
    ]);
    for (const line of service.log) expect(line).toMatchObject({ service: 'echo', time: expect.any(Number) });
  });

  it('should keep quiet below LOG_LEVEL', async () => {
    const adminPort = await freePort();
    await using service = ServiceProcess.spawn('echo', { LOG_LEVEL: 'error', ADMIN_PORT: String(adminPort) });
    await eventually(async () => {
      expect((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status).toBe(200);
    });
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.log).toEqual([]);
  });
});

describe('a log reader', () => {
  it('should, when it goes away, end neither the service nor the data plane', async () => {
    await using service = await startObedient();
    const port = service.port('command-tcp');
    service.child.stdout?.destroy();
    await once(service.child.stdout!, 'close');

    using client = await Conversation.open(port);
    for (let line = 0; line < 20; line += 1) expect(await client.ask('notice')).toBe('notice');
    expect(await client.ask('echo')).toBe('echo');
    expect(await service.status('/readyz')).toBe(200);
    expect((await service.metrics()).value('l4_data_plane_worker_restarts_total')).toBe(0);
    client.close();
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('should, when it stops reading, block neither the data plane nor scrapes nor a stop', async () => {
    await using service = await startObedient({ DRAIN_TIMEOUT: '500ms' });
    const port = service.port('command-tcp');
    service.child.stdout?.pause();
    using client = await Conversation.open(port);
    // More than a pipe and the log's buffer hold together.
    for (let line = 0; line < 200; line += 1) expect(await client.ask('notice')).toBe('notice');
    expect(await service.status('/readyz')).toBe(200);
    const metrics = await service.metrics();
    expect(metrics.value('l4_data_plane_workers')).toBe(1);
    const dropped = metrics.value('l4_log_lines_dropped_total');
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(200);
    client.close();
    service.child.kill('SIGTERM');
    expect(await once(service.child, 'exit')).toEqual([0, null]);
  });
});
