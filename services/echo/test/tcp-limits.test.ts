import { expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import type { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient, type TcpClientOptions } from '../../../tests/harness/tcp-client.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

describeTcpEngines((TCP_ENGINE) => {
  const labels = { listener: 'echo-tcp' };

  /** On a port that is free for both families. */
  async function openBoth(env: Readonly<Record<string, string>>): Promise<LocalDataPlane> {
    return openLocalEcho({ TCP_ENGINE, HOST: '127.0.0.1,::1', PORT: String(await freePort()), ...env });
  }

  async function served(port: number, options: TcpClientOptions = {}): Promise<TcpClient> {
    const client = new TcpClient(port, options);
    expect(await client.ask('hello')).toBe('hello');
    return client;
  }

  async function refused(port: number, options: TcpClientOptions = {}): Promise<void> {
    using client = new TcpClient(port, options);
    expect(await client.ended).toBe('ECONNRESET');
  }

  async function expectRefusals(
    echo: LocalDataPlane | ServiceProcess,
    maxConnections: number,
    maxPerSource: number,
  ) {
    const metrics = await echo.metrics();
    const count = (reason: string) =>
      metrics.value('l4_tcp_connections_refused_total', { ...labels, reason });
    expect(count('max_connections')).toBe(maxConnections);
    expect(count('max_per_source')).toBe(maxPerSource);
    expect(tcpImbalance(metrics, 'echo-tcp')).toBe(0);
  }

  /** Ends a connection and waits until the service has counted it as closed. */
  async function leave(echo: LocalDataPlane, client: TcpClient, left: number): Promise<void> {
    client.socket.end();
    expect(await client.ended).toBe('FIN');
    await eventually(async () => {
      expect(echo.metrics().value('l4_tcp_connections_open', labels)).toBe(left);
    });
  }

  it('should refuse connections over MAX_CONNECTIONS by RST, until one ends', async () => {
    await using echo = await openBoth({ MAX_CONNECTIONS: '3' });
    const port = echo.portOf('echo-tcp');
    using first = await served(port);
    using second = await served(port, { localAddress: '127.0.0.2' });
    using third = await served(port, { host: '::1' });
    await refused(port);
    await refused(port, { host: '::1' });
    await expectRefusals(echo, 2, 0);

    await leave(echo, second, 2);
    using fourth = await served(port);
    await refused(port);
    await expectRefusals(echo, 3, 0);
    for (const client of [first, third, fourth]) expect(await client.ask('still here')).toBe('still here');
  });

  it('should refuse connections over MAX_CONNECTIONS_PER_SOURCE by RST, and serve other sources', async () => {
    await using echo = await openBoth({ MAX_CONNECTIONS_PER_SOURCE: '2' });
    const port = echo.portOf('echo-tcp');
    using first = await served(port);
    using second = await served(port);
    await refused(port);
    using other = await served(port, { localAddress: '127.0.0.2' });
    using six = await served(port, { host: '::1' });
    await expectRefusals(echo, 0, 1);

    await leave(echo, first, 3);
    using third = await served(port);
    await refused(port);
    await expectRefusals(echo, 0, 2);
    for (const client of [second, other, six, third]) expect(await client.ask('ping')).toBe('ping');
  });

  it('should count refused connections neither as accepted nor against the limits', async () => {
    await using echo = await openBoth({ MAX_CONNECTIONS: '2', MAX_CONNECTIONS_PER_SOURCE: '1' });
    const port = echo.portOf('echo-tcp');
    using first = await served(port);
    for (let attempt = 0; attempt < 5; attempt += 1) await refused(port);
    using second = await served(port, { localAddress: '127.0.0.2' });
    await refused(port, { localAddress: '127.0.0.3' });
    await expectRefusals(echo, 1, 5);
    expect((await echo.metrics()).value('l4_tcp_connections_accepted_total', labels)).toBe(2);
    for (const client of [first, second]) expect(await client.ask('ping')).toBe('ping');
  });

  it('should serve exactly MAX_CONNECTIONS over two workers, again and again', async () => {
    const limit = 20;
    const attempts = 60;
    const port = await freePort();
    await using echo = await ServiceProcess.start('echo', {
      TCP_ENGINE,
      PORT: String(port),
      WORKERS: '2',
      MAX_CONNECTIONS: String(limit),
    });
    for (let round = 1; round <= 5; round += 1) {
      const clients = Array.from({ length: attempts }, () => new TcpClient(port));
      const answers = await Promise.all(
        clients.map(async (client) => {
          client.socket.write('x');
          return (await client.take(1)).length === 1 ? 'served' : client.ended;
        }),
      );
      expect(answers.filter((answer) => answer === 'served')).toHaveLength(limit);
      expect(answers.filter((answer) => answer === 'ECONNRESET')).toHaveLength(attempts - limit);
      await expectRefusals(echo, round * (attempts - limit), 0);
      for (const client of clients) client.socket.destroy();
      await eventually(async () => {
        expect((await echo.metrics()).value('l4_tcp_connections_open', labels)).toBe(0);
      });
    }
  });
});
