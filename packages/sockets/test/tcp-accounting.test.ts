import { interfaceWith } from '@echo-daytime/addresses';
import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { ListenError } from '../src/bind.ts';

describeTcpEngines((tcpEngine) => {
  /** More than fits into the send and receive buffers when the peer does not read. */
  const PAYLOAD = Buffer.alloc(16 * 1024 * 1024);

  describe('sent bytes', () => {
    it.each([
      ['write_timeout', { writeTimeout: 300 }],
      ['reset', {}],
    ] as const)(
      'should not count what was never sent when a connection ends by %s',
      async (reason, options) => {
        await using local = await LocalListener.open({ tcpEngine, ...options });
        using client = await TcpClient.connect(local.port, { reading: false });
        client.socket.write(PAYLOAD);
        await eventually(() => expect(local.connections[0]?.pendingBytes).toBeGreaterThan(0));
        if (reason === 'reset') client.socket.resetAndDestroy();
        await eventually(() => expect(local.counters.closed[reason].value).toBe(1));
        const { receivedBytes, sentBytes } = local.counters;
        expect(sentBytes.value).toBeLessThan(receivedBytes.value);
      },
    );

    it('should equal the received bytes when the peer read everything', async () => {
      await using local = await LocalListener.open({ tcpEngine });
      using client = await TcpClient.connect(local.port);
      client.socket.end(PAYLOAD);
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(local.counters.closed.client.value).toBe(1));
      expect(local.counters.receivedBytes.value).toBe(PAYLOAD.length);
      expect(local.counters.sentBytes.value).toBe(PAYLOAD.length);
    });
  });

  describe('source addresses', () => {
    it.each([[['::']], [['::', '0.0.0.0']]])(
      'should count an IPv4 peer under its own address when listening on %j',
      async (host) => {
        await using local = await LocalListener.open({ tcpEngine, host, maxConnectionsPerSource: 1 });
        using four = await TcpClient.connect(local.port, { host: '127.0.0.1' });
        expect(await four.ask('four')).toBe('four');
        using again = new TcpClient(local.port, { host: '127.0.0.1' });
        expect(await again.ended).toBe('ECONNRESET');
        using six = await TcpClient.connect(local.port, { host: '::1' });
        expect(await six.ask('six')).toBe('six');
        expect(local.connections.map(({ source }) => source.address)).toEqual(['127.0.0.1', '::1']);
        expect(local.counters.refused.max_per_source.value).toBe(1);
        // The refused connection no longer counts against the limit.
        expect(local.connectionLimit.total).toBe(2);
      },
    );
  });

  describe('an address that can not be bound', () => {
    it('should be named with its key and what to do, and leave nothing open', async () => {
      await using taken = await LocalListener.open({ tcpEngine });
      const opening = LocalListener.open({ tcpEngine, host: ['::1', '127.0.0.1'], port: taken.port });
      await expect(opening).rejects.toThrow(ListenError);
      await expect(opening).rejects.toThrow(
        `test-tcp: can't listen on 127.0.0.1 port ${taken.port}: the port is in use; stop what uses it or set TEST_PORT (EADDRINUSE)`,
      );
      using client = new TcpClient(taken.port, { host: '::1' });
      expect(await client.ended).toBe('ECONNREFUSED');
    });

    it('should be named with its zone, and bound where the zone exists', async () => {
      const loopback = interfaceWith('::1');
      await expect(LocalListener.open({ tcpEngine, host: ['::1%gone'] })).rejects.toThrow(
        "test-tcp: can't listen on ::1%gone port 0: there is no interface gone; there are ",
      );
      await using local = await LocalListener.open({ tcpEngine, host: [`::1%${loopback}`] });
      expect(local.listener.addresses[0]?.address).toBe('::1');
    });

    it('should be named when the address is not one of this machine', async () => {
      await expect(LocalListener.open({ tcpEngine, host: ['192.0.2.1'] })).rejects.toThrow(
        "test-tcp: can't listen on 192.0.2.1 port 0: this machine does not have that address; set HOST to one it has (EADDRNOTAVAIL)",
      );
    });
  });
});
