import { expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { v1Header, v2Header } from '../../../tests/harness/proxy-header-bytes.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

describeTcpEngines((TCP_ENGINE) => {
  it('should greet the announced client by its address, and echo only what follows the header', async () => {
    await using echo = await openLocalEcho({
      TCP_ENGINE,
      PROXY_PROTOCOL: 'required',
      TRUSTED_PROXIES: '127.0.0.1',
      DIALOG_PORT: String(await freePort()),
      DIALOG_GREETING: '{remote}\\n',
      DIALOG_REPLY: '{remote}: {message}',
    });
    for (const [header, remote] of [
      [v1Header({ address: '192.0.2.1', port: 4711 }), '192.0.2.1:4711'],
      [v2Header({ address: '2001:db8:0:0:0:0:0:1', port: 815 }), '[2001:db8::1]:815'],
    ] as const) {
      using dialog = await TcpClient.connect(echo.portOf('dialog-tcp'));
      dialog.socket.end(Buffer.concat([header, Buffer.from('hello\t')]));
      expect(String(await dialog.takeAll())).toBe(`${remote}\n${remote}: hello\t`);
      using plain = await TcpClient.connect(echo.portOf('echo-tcp'));
      plain.socket.end(Buffer.concat([header, Buffer.from('hello')]));
      expect(String(await plain.takeAll())).toBe('hello');
    }
    using bad = await TcpClient.connect(echo.portOf('echo-tcp'));
    bad.socket.write('PROXY TCP4 somebody else 1 2\r\n');
    expect(await bad.takeAll()).toHaveLength(0);
    expect(await bad.ended).toBe('FIN');
    await eventually(() => {
      const metrics = echo.metrics();
      const closed = { listener: 'echo-tcp', reason: 'protocol' };
      expect(metrics.value('l4_tcp_connections_closed_total', closed)).toBe(1);
      expect(metrics.value('l4_tcp_connections_open', { listener: 'echo-tcp' })).toBe(0);
      expect(tcpImbalance(metrics, 'echo-tcp')).toBe(0);
      expect(tcpImbalance(metrics, 'dialog-tcp')).toBe(0);
    });
  });
});
