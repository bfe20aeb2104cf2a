import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { mainOfService, NODE_COMMAND } from '../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

const LIMIT = 128;
const CONNECTIONS = 200;
const WAITING = 10;
const refused = { listener: 'echo-tcp', reason: 'no_descriptors' };

function startWithFewFiles(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  return ServiceProcess.shell(`ulimit -n ${LIMIT}; exec ${NODE_COMMAND} '${mainOfService('echo')}'`, env);
}

function openFiles({ child }: ServiceProcess): number {
  return readdirSync(`/proc/${child.pid}/fd`).length;
}

describe('a process that may open few files', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await startWithFewFiles();
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const notices = () => service.log.filter(({ level }) => level === 'warn');

  it('should log at its start that MAX_CONNECTIONS is out of reach, and what to do', async () => {
    await eventually(() => expect(notices().length).toBeGreaterThan(0));
    expect(notices()[0]).toMatchObject({ listener: 'echo-tcp', reason: 'no_descriptors' });
    expect(notices()[0]?.msg).toContain(
      "MAX_CONNECTIONS=10000 can't be reached: this process may open 128 files",
    );
  });

  it('should count refused connections, log them once, serve the others and answer scrapes', async () => {
    const clients = Array.from({ length: CONNECTIONS }, () => new TcpClient(service.port('echo-tcp')));
    const answers = await Promise.all(clients.map((client) => client.ask('hello').catch(() => '')));
    const served = answers.filter((answer) => answer === 'hello').length;
    expect(served).toBeGreaterThan(0);
    await eventually(async () => {
      expect((await service.metrics()).value('l4_tcp_connections_refused_total', refused)).toBe(
        CONNECTIONS - served,
      );
    });
    expect(CONNECTIONS - served).toBeGreaterThan(0);
    expect(await service.status('/livez')).toBe(200);
    expect(notices().filter(({ msg }) => msg.startsWith('connections are refused'))).toHaveLength(1);

    const closed = clients.map(({ socket }) => socket.destroyed || once(socket, 'close'));
    for (const client of clients) client.socket.destroy();
    await Promise.all(closed);
    await eventually(async () => {
      const metrics = await service.metrics();
      expect(metrics.value('l4_tcp_connections_open', { listener: 'echo-tcp' })).toBe(0);
      expect(tcpImbalance(metrics, 'echo-tcp')).toBe(0);
    });
    using again = new TcpClient(service.port('echo-tcp'));
    expect(await again.ask('hello')).toBe('hello');
  });
});

describeTcpEngines((TCP_ENGINE) => {
  it('should drain without an error while no descriptor is free for the accept queue', async () => {
    await using service = await startWithFewFiles({ TCP_ENGINE });
    await using closing = new AsyncDisposableStack();
    const join = async (listenerPort: number): Promise<TcpClient> =>
      closing.use(await TcpClient.connect(listenerPort));
    const echoPort = service.port('echo-tcp');
    // The drain has to wait for this connection.
    const served = await join(echoPort);
    expect(await served.ask('hello')).toBe('hello');
    // The reserved descriptors are for the admin port, and these connections use all of them. Until they do, the echo
    // refuses what it accepts.
    const adminPort = Number(new URL(service.adminUrl).port);
    for (let count = 0; count < LIMIT; count += 1) await join(adminPort);
    await eventually(() => expect(openFiles(service)).toBeGreaterThanOrEqual(LIMIT));
    const waiting = [];
    for (let count = 0; count < WAITING; count += 1) waiting.push(await join(echoPort));
    if (TCP_ENGINE === 'epoll')
      expect(await service.logged('accepting a connection failed')).toMatchObject({ reason: 'EMFILE' });
    // libuv closes them, by the one descriptor that it keeps for that.
    else await Promise.all(waiting.map(({ ended }) => ended));
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.log.filter(({ level }) => ['error', 'fatal'].includes(level))).toEqual([]);
  });
});
