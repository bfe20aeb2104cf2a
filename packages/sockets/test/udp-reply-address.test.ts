import type { RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { openLocal } from './fixtures/local-udp.ts';

/** The source address of the reply to a datagram. */
async function replySource(client: UdpClient, host: string, port: number): Promise<string> {
  const reply = once(client.socket, 'message', { signal: AbortSignal.timeout(5_000) });
  client.send('who is there?', port, host);
  const [, from] = (await reply) as [Buffer, RemoteInfo];
  expect(from.port).toBe(port);
  return from.address;
}

describe('the batched engine', skipFor(notLinux), () => {
  it.each([
    ['0.0.0.0', '127.0.0.2'],
    ['0.0.0.0', '127.1.2.3'],
    ['::', '127.0.0.2'],
    ['::', '127.0.0.1'],
    ['::', '::1'],
    ['::,0.0.0.0', '127.0.0.2'],
    ['::,0.0.0.0', '::1'],
    ['127.0.0.3', '127.0.0.3'],
    ['127.0.0.3,127.0.0.4', '127.0.0.4'],
  ])('should answer on HOST=%s from %s, the address it was asked at', async (HOST, asked) => {
    await using service = await openLocal({ UDP_ENGINE: 'batch', HOST });
    await using client = await UdpClient.open(asked === '::1' ? '::1' : '127.0.0.1');
    for (let count = 0; count < 3; count += 1)
      expect(await replySource(client, asked, service.port)).toBe(asked);
  });

  it('should answer each of many clients from the address it was asked at', async () => {
    await using service = await openLocal({ UDP_ENGINE: 'batch', HOST: '::' });
    await using clients = new AsyncDisposableStack();
    const hosts = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0 ? '::1' : `127.0.0.${index + 1}`,
    );
    const sources = hosts.map(async (host) => {
      const client = clients.use(await UdpClient.open(host === '::1' ? '::1' : '127.0.0.1'));
      return replySource(client, host, service.port);
    });
    expect(await Promise.all(sources)).toEqual(hosts);
  });
});

describeUdpEngines('a broadcast', (UDP_ENGINE) => {
  it.each(['0.0.0.0', '::'])('should be answered on HOST=%s from an address of this host', async (HOST) => {
    await using service = await openLocal({ UDP_ENGINE, HOST });
    await using client = await UdpClient.open('127.0.0.1');
    client.socket.setBroadcast(true);
    expect(await replySource(client, '127.255.255.255', service.port)).toMatch(/^127\.0\.0\.\d+$/);
    await eventually(() => expect(service.counts()).toMatchObject({ received: 1, sent: 1, dropped: {} }));
  });
});
