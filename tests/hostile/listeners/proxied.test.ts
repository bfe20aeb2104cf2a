import { once } from 'node:events';
import { expect, it } from 'vitest';
import { keys } from '../../../services/echo/src/config.ts';
import { openEcho } from '../../../services/echo/src/worker.ts';
import { eventually } from '../../harness/eventually.ts';
import { LocalDataPlane } from '../../harness/local-data-plane.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { PROXY_HEADER } from '../listeners.ts';
import { startService } from '../service.ts';

const LABELS = { listener: 'echo-tcp' };
const PEERS = 40;
const LIMIT = 20;
const STRANGER = '127.0.0.1';
const PROXY = '127.0.0.2';

/** A connection that was reset before accept has no peer address, so no access rule can apply to it. */
it.each([
  { ALLOW: '127.0.0.0/8' },
  { PROXY_PROTOCOL: 'optional', TRUSTED_PROXIES: '127.0.0.0/8' },
  { PROXY_PROTOCOL: 'required', TRUSTED_PROXIES: '127.0.0.0/8' },
])('should not count permitted peers as denied when they were reset before accept, with %j', async (env) => {
  await using echo = await startService('echo', { ...env, UDP: 'off' });
  {
    using _halted = await echo.halt();
    for (let peer = 0; peer < PEERS; peer += 1) {
      using client = await TcpClient.connect(echo.port('echo-tcp'));
      if (peer % 2 === 0) await new Promise((resolve) => client.socket.write(PROXY_HEADER, resolve));
      const closed = once(client.socket, 'close');
      client.socket.resetAndDestroy();
      await closed;
    }
  }
  const metrics = await eventually(async () => {
    const scrape = await echo.metrics();
    const accepted = scrape.value('l4_tcp_connections_accepted_total', LABELS);
    expect(accepted + scrape.sum('l4_tcp_connections_refused_total', LABELS)).toBe(PEERS);
    expect(scrape.value('l4_tcp_connections_open', LABELS)).toBe(0);
    return scrape;
  });
  const denied = metrics.value('l4_tcp_connections_refused_total', { ...LABELS, reason: 'denied' });
  const protocol = metrics.value('l4_tcp_connections_closed_total', { ...LABELS, reason: 'protocol' });
  expect({ denied, protocol }).toEqual({ denied: 0, protocol: 0 });
});

/** Refused connections must not use up the connection limit of the clients that are served. */
it.each([{ DENY: `${STRANGER}/32` }, { MAX_CONNECTIONS_PER_SOURCE: '2' }])(
  'should serve the proxy while a stranger holds as many connections as it can, with %j',
  async (env) => {
    const proxy = { PROXY_PROTOCOL: 'required', TRUSTED_PROXIES: `${PROXY}/32` };
    const settings = { UDP: 'off', MAX_CONNECTIONS: String(LIMIT), ...proxy, ...env };
    await using echo = await LocalDataPlane.open(openEcho, keys, settings);
    using strangers = new DisposableStack();
    // The strangers open as many connections as possible and never answer the FIN.
    const options = { localAddress: STRANGER, halfOpen: true };
    const all = Array.from({ length: LIMIT }, () => strangers.use(new TcpClient(echo.port, options)));
    for (const { ended } of all) expect(['FIN', 'ECONNRESET']).toContain(await ended);
    using client = new TcpClient(echo.port, { localAddress: PROXY });
    client.socket.write(`${PROXY_HEADER}hello`);
    expect((await client.take(5)).toString()).toBe('hello');
  },
);
