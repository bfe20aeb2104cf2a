import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LOCAL, v1Header, v2Bytes, v2Header } from '../../../tests/harness/proxy-header-bytes.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { expectCounts, greeting, IPV4, openerOf, sending, TRUSTED } from './fixtures/proxied.ts';

describeTcpEngines((tcpEngine) => {
  const open = openerOf(tcpEngine);
  describe('limits', () => {
    it('should count the announced client, for any proxy and family', async () => {
      await using local = await open('required', { maxConnectionsPerSource: 1 }, greeting);
      using first = await sending(local, v1Header(IPV4));
      expect(String(await first.take(15))).toBe('192.0.2.1:4711\n');
      using other = await sending(local, v1Header({ address: '192.0.2.2', port: 4711 }));
      expect(String(await other.take(15))).toBe('192.0.2.2:4711\n');
      for (const again of [
        v2Header({ ...IPV4, port: 1 }),
        v2Header({ address: '::ffff:c000:201', port: 2 }),
      ]) {
        using refused = await sending(local, again);
        expect(await refused.ended).toBe('ECONNRESET');
        expect(refused.receivedBytes).toBe(0);
      }
      first.socket.end();
      await first.takeAll();
      await local.holding(1);
      using next = await sending(local, v2Header(IPV4));
      expect(String(await next.take(15))).toBe('192.0.2.1:4711\n');
      next.socket.end();
      other.socket.end();
      await expectCounts(local, { client: 3 }, { max_per_source: 2 });
    });

    it('should apply ALLOW and DENY to the announced client, not to the proxy', async () => {
      const rules = { allow: ['192.0.2.0/24'], deny: ['192.0.2.66/32'] };
      await using local = await open('required', rules, greeting);
      using allowed = await sending(local, v1Header(IPV4));
      expect(String(await allowed.take(15))).toBe('192.0.2.1:4711\n');
      for (const address of ['192.0.2.66', '::ffff:c000:242', '198.51.100.1', '2001:db8::1']) {
        using denied = await sending(local, v2Header({ address, port: 1 }));
        expect(await denied.ended).toBe('ECONNRESET');
      }
      allowed.socket.end();
      await expectCounts(local, { client: 1 }, { denied: 4 });
    });

    it('should apply ALLOW and DENY to the proxy where the connection is its own', async () => {
      await using local = await open('required', { deny: [`${TRUSTED}/32`] });
      using denied = await sending(local, v2Bytes(LOCAL, 0x00, Buffer.alloc(0)));
      expect(await denied.ended).toBe('ECONNRESET');
      await expectCounts(local, {}, { denied: 1 });
    });

    it('should count a connection against the limit before its header has come', async () => {
      await using local = await open('required', { maxConnections: 1 });
      using waiting = await sending(local, 'PROXY ');
      await local.received(6);
      using refused = new TcpClient(local.port);
      expect(await refused.ended).toBe('ECONNRESET');
      waiting.socket.end();
      await expectCounts(local, { client: 1 }, { max_connections: 1 });
    });
  });
});
