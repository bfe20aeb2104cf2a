import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LOCAL, v1Header, v2Bytes, v2Header } from '../../../tests/harness/proxy-header-bytes.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import {
  bad,
  expectCounts,
  greeting,
  headers,
  IPV4,
  openerOf,
  proxysOwn,
  sending,
  UNTRUSTED,
} from './fixtures/proxied.ts';

describeTcpEngines((tcpEngine) => {
  const open = openerOf(tcpEngine);
  describe('from a peer that is not trusted', () => {
    it.each<readonly [string, Buffer]>([
      ['v1', v1Header(IPV4)],
      ['v2', v2Header(IPV4)],
      ['LOCAL', v2Bytes(LOCAL, 0x00, Buffer.alloc(0))],
      ['data', Buffer.from('hello')],
      ...bad,
    ])('should close by FIN, unanswered, where a header is required: %s', async (_, bytes) => {
      await using local = await open('required', {}, greeting);
      using client = await sending(local, bytes, UNTRUSTED);
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(0);
      expect(local.connections).toEqual([]);
      await expectCounts(local, { protocol: 1 });
    });

    it('should close at once where a header is required, without waiting for one', async () => {
      await using local = await open('required');
      using client = await TcpClient.connect(local.port, { localAddress: UNTRUSTED });
      expect(await client.ended).toBe('FIN');
      await expectCounts(local, { protocol: 1 });
    });

    it('should serve it as itself at once where a header is optional', async () => {
      await using local = await open('optional', {}, greeting);
      using client = await TcpClient.connect(local.port, { localAddress: UNTRUSTED });
      const line = `${UNTRUSTED}:${client.socket.localPort}\n`;
      expect(String(await client.take(line.length))).toBe(line);
      client.socket.end();
      await expectCounts(local, { client: 1 });
    });

    it.each(['PROXY TCP4 but not now', 'PROXY', 'P', '\r\n\r\n', '\r\nhello'])(
      'should echo at once data that only begin like a header: %j',
      async (data) => {
        await using local = await open('optional');
        using client = await sending(local, data, UNTRUSTED);
        expect(String(await client.take(data.length))).toBe(data);
        expect(local.connections[0]?.source.address).toBe(UNTRUSTED);
        client.socket.end();
        await expectCounts(local, { client: 1 });
      },
    );

    it.each<readonly [string, Buffer]>([
      ...headers.map(([name, header]) => [name, header] as const),
      ...proxysOwn,
      ...bad,
    ])('should close on a header, unanswered: %s', async (_, header) => {
      await using local = await open('optional');
      using client = await sending(local, Buffer.concat([header, Buffer.from('ping')]), UNTRUSTED);
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(0);
      await expectCounts(local, { protocol: 1 });
    });

    it.each(headers)('should close wherever %s is cut in two, its data unanswered', async (_, header) => {
      const cuts = Array.from({ length: header.length - 1 }, (__, index) => index + 1);
      await using local = await open('optional');
      const clients = await Promise.all(
        cuts.map((cut) => sending(local, header.subarray(0, cut), UNTRUSTED)),
      );
      await local.received(cuts.reduce((sum, cut) => sum + cut, 0));
      for (const [index, client] of clients.entries()) {
        client.socket.write(Buffer.concat([header.subarray(cuts[index]), Buffer.from('ping')]));
      }
      const replies = await Promise.all(clients.map((client) => client.takeAll()));
      // The first part is echoed: the listener can't wait for more bytes to see whether it is a header.
      expect(replies).toEqual(cuts.map((cut) => header.subarray(0, cut)));
      await expectCounts(local, { protocol: cuts.length });
    });

    it('should check its first bytes only, and store none of the others', async () => {
      // If each chunk were joined to all earlier ones, its cost would grow with each: minutes for this payload.
      const payload = Buffer.alloc(128 * 1024 * 1024, 'no header at all ');
      await using local = await open('optional');
      using client = await sending(local, payload, UNTRUSTED);
      while (client.receivedBytes < payload.length) await client.take(1);
      client.socket.end();
      await expectCounts(local, { client: 1 });
      expect(local.counters.sentBytes.value).toBe(payload.length);
    });
  });
});
