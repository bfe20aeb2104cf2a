import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

const LIMIT = 128;
const CROWD = 200;
const refused = { listener: 'echo-tcp', reason: 'no_descriptors' };

describe('a process that may open few files', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    const main = new URL('../src/main.ts', import.meta.url).pathname;
    const node = `'${process.execPath}' --disable-warning=ExperimentalWarning`;
    service = await ServiceProcess.shell(`ulimit -n ${LIMIT}; exec ${node} '${main}'`);
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const notices = () => service.log.filter(({ level }) => level === 'warn');

  it('should say at its start that MAX_CONNECTIONS is out of reach, and what to do', async () => {
    await eventually(() => expect(notices().length).toBeGreaterThan(0));
    expect(notices()[0]).toMatchObject({ listener: 'echo-tcp', reason: 'no_descriptors' });
    expect(notices()[0]?.msg).toContain(
      "MAX_CONNECTIONS=10000 can't be reached: this process may open 128 files",
    );
  });

  it('should count whom it refuses, say so once, serve the others and answer scrapes', async () => {
    const clients = Array.from({ length: CROWD }, () => new TcpClient(service.port('echo-tcp')));
    const answers = await Promise.all(clients.map((client) => client.ask('hello').catch(() => '')));
    const served = answers.filter((answer) => answer === 'hello').length;
    expect(served).toBeGreaterThan(0);
    await eventually(async () => {
      expect((await service.metrics()).value('l4_tcp_connections_refused_total', refused)).toBe(
        CROWD - served,
      );
    });
    expect(CROWD - served).toBeGreaterThan(0);
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
