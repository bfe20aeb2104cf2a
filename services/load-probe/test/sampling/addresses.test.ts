import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { takeSample } from '../clocked-samples.ts';
import { echoing, tcpPeer, udpPeer } from '../peers.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

describe('IPv6', () => {
  it(
    'should reach a target over TCP and UDP',
    skipFor(hasIPv6 ? undefined : 'this machine has no ::1'),
    async () => {
      await using tcp = await tcpPeer(echoing, '::1');
      expect((await takeSample(`echo+tcp://[::1]:${tcp.port}`)).outcome).toBe('ok');
      await using udp = await udpPeer((bytes, reply) => reply(bytes), '::1');
      expect((await takeSample(`echo+udp://[::1]:${udp.port}`)).outcome).toBe('ok');
    },
  );

  it('should be reached as IPv4 where it holds an IPv4 address, in all its forms', async () => {
    await using tcp = await tcpPeer(echoing);
    for (const host of ['::ffff:127.0.0.1', '::FFFF:7f00:0001', '0:0:0:0:0:ffff:7f00:1']) {
      expect((await takeSample(`echo+tcp://[${host}]:${tcp.port}`)).outcome).toBe('ok');
    }
    const refused = await takeSample(`echo+udp://[::ffff:127.0.0.1]:${tcp.port}`);
    expect(refused.detail).toBe(`nothing listens on 127.0.0.1:${tcp.port} (ECONNREFUSED)`);
  });
});
