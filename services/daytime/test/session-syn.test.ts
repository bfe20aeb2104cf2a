import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { ask, LocalSession, lineOf } from './fixtures/local-session.ts';

describeTcpEngines((tcpEngine) => {
  const open = (saveSyn: boolean, host = '127.0.0.1'): Promise<LocalSession> =>
    LocalSession.open({ tellsSyn: true }, { tcpEngine, saveSyn, host: [host] });

  async function lineTo(client: TcpClient, request: string): Promise<string> {
    client.socket.end(request);
    return String(await client.takeAll());
  }

  describe('the request syn', skipFor(notLinux), () => {
    it.each(['127.0.0.1', '::1'])(
      'should be answered with the SYN of the connection, over %s, also the second time',
      async (host) => {
        await using session = await open(true, host);
        using client = await TcpClient.connect(session.local.port, { host });
        const peer = `${host.includes(':') ? `[${host}]` : host}:${client.socket.localPort}`;
        const text = await lineTo(client, 'syn\r\nSYN \n');
        const line = new RegExp(
          `^syn mss=\\d+ wscale=\\d+ sack=yes timestamps=yes ttl=64 dscp=0 peer=${RegExp.escape(peer)}\r\n`,
        );
        expect(text).toMatch(line);
        expect(text).toBe(text.slice(0, text.length / 2).repeat(2));
        expect(session.made).toEqual([]);
      },
    );

    it('should be answered that it is unavailable where the kernel kept no SYN', async () => {
      await using session = await open(false);
      using client = await session.connect();
      expect(await ask(client, 'syn\n', 'syn unavailable\r\n')).toBe('syn unavailable\r\n');
    });

    it('should be one of the words of help', async () => {
      await using session = await open(true);
      using client = await session.connect();
      expect(await lineTo(client, 'help\n')).toContain('\r\nsyn          the SYN of this connection');
    });
  });

  it('should get the default format where sessions do not tell it', async () => {
    await using session = await LocalSession.open({}, { tcpEngine });
    using client = await session.connect();
    expect(await ask(client, 'syn\n', lineOf('rfc867'))).toBe(lineOf('rfc867'));
  });
});
