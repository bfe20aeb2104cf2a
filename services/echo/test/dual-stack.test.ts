import { expect, it } from 'vitest';
import { tcpImbalance, udpImbalance } from '../../../tests/harness/balance.ts';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

describeUdpEngines('dual stack', (UDP_ENGINE) => {
  it.each(['::', '::,0.0.0.0', '0.0.0.0,::'])(
    'should serve IPv4 and IPv6, TCP and UDP, on HOST=%s',
    async (HOST) => {
      await using echo = await openLocalEcho({
        UDP_ENGINE,
        HOST,
        PORT: String(await freePort()),
        MAX_CONNECTIONS_PER_SOURCE: '1',
      });
      for (const host of ['127.0.0.1', '::1']) {
        using tcp = await TcpClient.connect(echo.portOf('echo-tcp'), { host });
        expect(await tcp.ask(`tcp ${host}`)).toBe(`tcp ${host}`);
        using second = new TcpClient(echo.portOf('echo-tcp'), { host });
        expect(await second.ended).toBe('ECONNRESET');
        await using udp = await UdpClient.open(host);
        expect(String(await udp.ask(`udp ${host}`, echo.portOf('echo-udp'), host))).toBe(`udp ${host}`);
      }
      await eventually(() => {
        const metrics = echo.metrics();
        const refused = { listener: 'echo-tcp', reason: 'max_per_source' };
        expect(metrics.value('l4_tcp_connections_refused_total', refused)).toBe(2);
        expect(metrics.value('l4_tcp_connections_accepted_total', { listener: 'echo-tcp' })).toBe(2);
        expect(metrics.value('l4_udp_datagrams_sent_total', { listener: 'echo-udp' })).toBe(2);
        expect(tcpImbalance(metrics, 'echo-tcp')).toBe(0);
        expect(udpImbalance(metrics, 'echo-udp')).toBe(0);
      });
    },
  );

  it('should recognize a guarded source port of an IPv4 client on a dual-stack socket', async () => {
    await using echo = await openLocalEcho({ UDP_ENGINE, HOST: '::' });
    await using forged = await UdpClient.open('127.0.0.3', 2049);
    await using other = await UdpClient.open('127.0.0.1');
    forged.send('loop', echo.portOf('echo-udp'));
    expect(String(await other.ask('served', echo.portOf('echo-udp')))).toBe('served');
    const metrics = echo.metrics();
    const dropped = { listener: 'echo-udp', reason: 'source_port' };
    expect(metrics.value('l4_udp_datagrams_dropped_total', dropped)).toBe(1);
  });
});
