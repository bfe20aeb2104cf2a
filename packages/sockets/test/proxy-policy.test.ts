import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { v1Header, v2Header } from '../../../tests/harness/proxy-header-bytes.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import {
  bad,
  expectCounts,
  greeting,
  headers,
  IPV4,
  IPV6,
  openerOf,
  proxysOwn,
  sending,
  TRUSTED,
} from './fixtures/proxied.ts';

describeTcpEngines((tcpEngine) => {
  const open = openerOf(tcpEngine);
  describe('off', () => {
    it.each(headers)('should treat a header of %s as data', async (_, header) => {
      await using local = await open('off');
      using client = await sending(local, header);
      expect((await client.take(header.length)).equals(header)).toBe(true);
      expect(local.connections[0]?.source.address).toBe(TRUSTED);
      client.socket.end();
      await expectCounts(local, { client: 1 });
    });
  });

  describe.each(['required', 'optional'] as const)('%s, from a trusted proxy', (mode) => {
    it.each(headers)('should serve the client announced by %s, data in the same packet', async (...row) => {
      const [, header, source] = row;
      await using local = await open(mode);
      using client = await sending(local, Buffer.concat([header, Buffer.from('ping')]));
      expect(String(await client.take(4))).toBe('ping');
      expect(local.connections[0]?.source).toEqual(source);
      client.socket.end();
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(4);
      await expectCounts(local, { client: 1 });
    });

    it.each(headers)('should serve it when the FIN follows header and data of %s at once', async (...row) => {
      const [, header] = row;
      await using local = await open(mode);
      using client = new TcpClient(local.port, { localAddress: TRUSTED });
      client.socket.end(Buffer.concat([header, Buffer.from('ping')]));
      expect(String(await client.takeAll())).toBe('ping');
      expect(await client.ended).toBe('FIN');
      await expectCounts(local, { client: 1 });
    });

    it.each(headers)('should serve it wherever %s is cut in two', async (...row) => {
      const [, header, source] = row;
      const cuts = Array.from({ length: header.length - 1 }, (_, index) => index + 1);
      await using local = await open(mode);
      const clients = await Promise.all(cuts.map((cut) => sending(local, header.subarray(0, cut))));
      await local.received(cuts.reduce((sum, cut) => sum + cut, 0));
      expect(local.connections).toEqual([]);
      for (const [index, client] of clients.entries()) {
        client.socket.end(Buffer.concat([header.subarray(cuts[index]), Buffer.from('ping')]));
      }
      const replies = await Promise.all(clients.map(async (client) => String(await client.takeAll())));
      expect(replies).toEqual(cuts.map(() => 'ping'));
      expect(local.connections.map((connection) => connection.source)).toEqual(cuts.map(() => source));
      await expectCounts(local, { client: cuts.length });
    });

    it.each(headers)('should serve it when %s comes one byte at a time', async (...row) => {
      const [, header, source] = row;
      await using local = await open(mode);
      using client = await TcpClient.connect(local.port, { localAddress: TRUSTED });
      for (const [index, byte] of [...header, 0x21].entries()) {
        expect(local.connections).toHaveLength(index < header.length ? 0 : 1);
        client.socket.write(Buffer.from([byte]));
        await local.received(index + 1);
      }
      expect(String(await client.take(1))).toBe('!');
      expect(local.connections[0]?.source).toEqual(source);
      client.socket.end();
      await expectCounts(local, { client: 1 });
    });

    it.each(proxysOwn)('should serve the proxy as itself with %s', async (_, header) => {
      await using local = await open(mode);
      using client = await sending(local, Buffer.concat([header, Buffer.from('ping')]));
      expect(String(await client.take(4))).toBe('ping');
      const { localPort } = client.socket;
      expect(local.connections[0]?.source).toEqual({ address: TRUSTED, port: localPort });
      client.socket.end();
      await expectCounts(local, { client: 1 });
    });

    it.each(bad)('should close by FIN, unanswered, with %s', async (_, header) => {
      await using local = await open(mode);
      using client = await sending(local, Buffer.concat([header, Buffer.from('ping')]));
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(0);
      expect(local.connections).toEqual([]);
      await expectCounts(local, { protocol: 1 });
    });

    it.each(headers)('should count RST within %s', async (_, header) => {
      await using local = await open(mode);
      using client = await sending(local, header.subarray(0, 13));
      await local.received(13);
      client.socket.resetAndDestroy();
      await expectCounts(local, { reset: 1 });
      expect(local.connections).toEqual([]);
    });

    it('should send nothing before the header, and its greeting right after', async () => {
      await using local = await open(mode, {}, greeting);
      const header = v1Header(IPV6);
      using client = await sending(local, header.subarray(0, -1));
      await local.received(header.length - 1);
      expect(client.receivedBytes).toBe(0);
      expect(local.connections).toEqual([]);
      client.socket.write(header.subarray(-1));
      expect(String(await client.take(18))).toBe('[2001:db8::1]:815\n');
      client.socket.end();
      await expectCounts(local, { client: 1 });
    });
  });

  describe('required, from a trusted proxy', () => {
    it.each(['hello', '\r\nhello', 'P!'])('should close by FIN, unanswered, with data: %j', async (data) => {
      await using local = await open('required', {}, greeting);
      using client = await sending(local, data);
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(0);
      await expectCounts(local, { protocol: 1 });
    });

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['half a header', v2Header(IPV4).subarray(0, 20)],
    ] as const)('should answer FIN after %s with FIN alone', async (_, bytes) => {
      await using local = await open('required', {}, greeting);
      using client = new TcpClient(local.port, { localAddress: TRUSTED });
      client.socket.end(bytes);
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(0);
      await expectCounts(local, { client: 1 });
    });
  });

  describe('optional, from a trusted proxy', () => {
    it.each(['hello', '\r\nhello', 'PROXIMITY', 'P!'])(
      'should serve the proxy its data: %j',
      async (data) => {
        await using local = await open('optional');
        using client = await sending(local, data);
        expect(String(await client.take(data.length))).toBe(data);
        expect(local.connections[0]?.source.address).toBe(TRUSTED);
        client.socket.end();
        await expectCounts(local, { client: 1 });
      },
    );

    it('should treat half a header as data when FIN follows', async () => {
      await using local = await open('optional');
      using client = new TcpClient(local.port, { localAddress: TRUSTED });
      client.socket.end('PROXY TCP4 192.0.2.1');
      expect(String(await client.takeAll())).toBe('PROXY TCP4 192.0.2.1');
      expect(await client.ended).toBe('FIN');
      await expectCounts(local, { client: 1 });
    });
  });
});
