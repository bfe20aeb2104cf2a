import { once } from 'node:events';
import { expect, it } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';

const labels = { listener: 'echo-tcp' };
const HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 7\r\n';
const PEERS = 40;

/** The kernel has forgotten the address of a peer that is gone before it is accepted: nobody can be judged by it. */
it.each([
  { ALLOW: '127.0.0.0/8' },
  { PROXY_PROTOCOL: 'optional', TRUSTED_PROXIES: '127.0.0.0/8' },
  { PROXY_PROTOCOL: 'required', TRUSTED_PROXIES: '127.0.0.0/8' },
])('should not blame permitted peers that were gone before they were accepted, with %j', async (env) => {
  await using echo = await ServiceProcess.start('echo', { ...env, UDP: 'off' });
  {
    using _halted = await echo.halt();
    for (let peer = 0; peer < PEERS; peer += 1) {
      using client = await TcpClient.connect(echo.port('echo-tcp'));
      if (peer % 2 === 0) await new Promise((resolve) => client.socket.write(HEADER, resolve));
      const closed = once(client.socket, 'close');
      client.socket.resetAndDestroy();
      await closed;
    }
  }
  const metrics = await eventually(async () => {
    const scrape = await echo.metrics();
    const accepted = scrape.value('l4_tcp_connections_accepted_total', labels);
    const refused = scrape.sum('l4_tcp_connections_refused_total', labels);
    expect(accepted + refused).toBe(PEERS);
    expect(scrape.value('l4_tcp_connections_open', labels)).toBe(0);
    return scrape;
  });
  const refused = (reason: string) =>
    metrics.value('l4_tcp_connections_refused_total', { ...labels, reason });
  const closed = (reason: string) => metrics.value('l4_tcp_connections_closed_total', { ...labels, reason });
  expect({ denied: refused('denied'), protocol: closed('protocol') }).toEqual({ denied: 0, protocol: 0 });
});
