import { ConfigError, listenerProblems, readConfig } from '@echo-daytime/runtime';
import { describe, expect, it } from 'vitest';
import { tcpImbalance, udpImbalance } from '../../../tests/harness/balance.ts';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

/** Source addresses on loopback, of both families. */
const SOURCES = ['127.0.0.1', '127.0.0.2', '::1'] as const;
type Source = (typeof SOURCES)[number];

function hostFor(source: Source): string {
  return source === '::1' ? '::1' : '127.0.0.1';
}

async function overTcp(port: number, source: Source): Promise<'served' | 'refused'> {
  using client = new TcpClient(port, { host: hostFor(source), localAddress: source });
  client.socket.write('ping');
  if (String(await client.take(4)) === 'ping') return 'served';
  expect(await client.ended).toBe('ECONNRESET');
  return 'refused';
}

describeUdpEngines('access lists', (UDP_ENGINE) => {
  const TCP_ENGINE = UDP_ENGINE === 'batch' ? 'epoll' : 'net';
  // One socket for both families shows IPv4 peers as ::ffff:127.0.0.1; one for each shows them plainly.
  describe.each(['127.0.0.1,::1', '::'])('on %s', (HOST) => {
    it.each([
      [{ DENY: '127.0.0.2' }, ['127.0.0.1', '::1']],
      [{ DENY: '::1' }, ['127.0.0.1', '127.0.0.2']],
      [{ DENY: '127.0.0.0/8' }, ['::1']],
      [{ DENY: '::/0' }, ['127.0.0.1', '127.0.0.2']],
      [{ DENY: '::ffff:127.0.0.0/104' }, ['::1']],
      [{ ALLOW: '127.0.0.2/32' }, ['127.0.0.2']],
      [{ ALLOW: '::1/128, 127.0.0.2' }, ['127.0.0.2', '::1']],
      [{ ALLOW: '::/0' }, ['::1']],
      [{ ALLOW: '127.0.0.0/8,::1', DENY: '127.0.0.2/31' }, ['127.0.0.1', '::1']],
      [{ ALLOW: '127.0.0.1', DENY: '127.0.0.0/8' }, []],
    ] as const)('should serve under %j only %j, over TCP and UDP', async (env, served) => {
      // One port for both listeners.
      const PORT = String(await freePort());
      await using echo = await openLocalEcho({ HOST, PORT, UDP_ENGINE, TCP_ENGINE, ...env });
      const outcomes = await Promise.all(SOURCES.map((source) => overTcp(echo.port, source)));
      expect(SOURCES.filter((_, index) => outcomes[index] === 'served')).toEqual(served);

      await using clients = new AsyncDisposableStack();
      const peers = await Promise.all(
        SOURCES.map(async (source) => ({ source, client: clients.use(await UdpClient.open(source)) })),
      );
      for (const { source, client } of peers) client.send('ping', echo.port, hostFor(source));
      const denied = SOURCES.length - served.length;
      const { 'echo-tcp': tcp, 'echo-udp': udp } = echo.counters(listeners);
      await eventually(() => {
        expect(udp.received.value).toBe(SOURCES.length);
        expect(peers.filter(({ client }) => client.answers.length > 0)).toHaveLength(served.length);
        expect(udp.sent.value).toBe(served.length);
      });
      const answered = peers.filter(({ client }) => client.answers.length > 0);
      expect(answered.map(({ source }) => source)).toEqual(served);
      expect(udp.dropped.denied.value).toBe(denied);
      expect(tcp.accepted.value).toBe(served.length);
      expect(tcp.refused.denied.value).toBe(denied);
    });
  });
});

it('should count denied clients in the metrics', async () => {
  await using echo = await openLocalEcho({ DENY: '127.0.0.2', HOST: '::' });
  expect(await overTcp(echo.portOf('echo-tcp'), '127.0.0.2')).toBe('refused');
  expect(await overTcp(echo.portOf('echo-tcp'), '127.0.0.1')).toBe('served');
  await using denied = await UdpClient.open('127.0.0.2');
  denied.send('ping', echo.portOf('echo-udp'));
  await using served = await UdpClient.open('127.0.0.1');
  await served.ask('ping', echo.portOf('echo-udp'));
  await eventually(() => {
    const metrics = echo.metrics();
    const reason = 'denied';
    const tcp = { listener: 'echo-tcp', reason };
    expect(metrics.value('l4_tcp_connections_refused_total', tcp)).toBe(1);
    expect(metrics.sum('l4_tcp_connections_refused_total')).toBe(1);
    expect(metrics.value('l4_udp_datagrams_dropped_total', { listener: 'echo-udp', reason })).toBe(1);
    expect(metrics.sum('l4_udp_datagrams_dropped_total')).toBe(1);
    expect(tcpImbalance(metrics, 'echo-tcp')).toBe(0);
    expect(udpImbalance(metrics, 'echo-udp')).toBe(0);
  });
});

it('should keep serving connected clients while others are refused', async () => {
  await using echo = await openLocalEcho({ DENY: '127.0.0.2', MAX_CONNECTIONS: '2' });
  const port = echo.portOf('echo-tcp');
  using client = await TcpClient.connect(port);
  // A refused client does not count against the limits.
  for (let count = 0; count < 5; count += 1) expect(await overTcp(port, '127.0.0.2')).toBe('refused');
  expect(await client.ask('still here')).toBe('still here');
  expect(await overTcp(port, '127.0.0.1')).toBe('served');
});

describe('a bad configuration', () => {
  it.each([
    [{ DENY: '10.0.0.0/33' }, 'DENY="10.0.0.0/33" must be networks', '"10.0.0.0/33" is none'],
    [{ ALLOW: '10.0.0.0/8,example.org' }, 'ALLOW="10.0.0.0/8,example.org" must be', '"example.org" is none'],
    [{ ALLOW: '2001:db8::/129' }, 'ALLOW="2001:db8::/129" must be networks', '"2001:db8::/129" is none'],
    [{ DENY: '10.0.0.0/8,' }, 'DENY="10.0.0.0/8," must be networks', '"" is none'],
    [{ DENY: '10.0.0.0/8/8' }, 'DENY="10.0.0.0/8/8" must be networks', '"10.0.0.0/8/8" is none'],
    [{ DENY: '10.0.0.0/x' }, 'DENY="10.0.0.0/x" must be networks', '"10.0.0.0/x" is none'],
    [{ TRUSTED_PROXIES: 'lb' }, 'TRUSTED_PROXIES="lb" must be networks', '"lb" is none'],
    [{ PROXY_PROTOCOL: 'on' }, 'PROXY_PROTOCOL="on" must be one of', 'off, optional, required'],
    [{ PROXY_PROTOCOL: 'required' }, 'PROXY_PROTOCOL=required', 'TRUSTED_PROXIES is empty'],
    [{ PROXY_PROTOCOL: 'optional', TRUSTED_PROXIES: '' }, 'PROXY_PROTOCOL=optional', 'TRUSTED_PROXIES is'],
  ] as const)('should be named with its key and what is wrong: %j', (env, ...words) => {
    const reading = () =>
      readConfig(keys, { env, args: [] }, (config) => listenerProblems(listeners, config));
    expect(reading).toThrow(ConfigError);
    for (const word of words) expect(reading).toThrow(word);
  });

  it('should report all its problems at once', () => {
    const env = { ALLOW: 'a', DENY: 'b', TRUSTED_PROXIES: 'c' };
    const reading = () =>
      readConfig(keys, { env, args: [] }, (config) => listenerProblems(listeners, config));
    for (const key of ['ALLOW="a"', 'DENY="b"', 'TRUSTED_PROXIES="c"']) expect(reading).toThrow(key);
  });
});
