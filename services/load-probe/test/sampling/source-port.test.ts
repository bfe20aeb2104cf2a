import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { dialTcp } from '../../src/net/dial-tcp.ts';
import { hasFailed } from '../../src/net/each-address.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { describeUdpEngines } from '../clocked-samples.ts';
import { freeTcpPort, freeUdpPort, tcpPeer, udpPeer } from '../peers.ts';
import { testUdp } from '../take-samples.ts';

const addresses = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
] as const;

describeUdpEngines('a UDP flow from a given source port', () => {
  it.each(addresses)('should come from it, one after the other: $address', async (to) => {
    const localPort = await freeUdpPort();
    const ports: number[] = [];
    await using peer = await udpPeer((bytes, reply, fromPort) => {
      ports.push(fromPort);
      reply(bytes);
    }, to.address);
    for (const text of ['one', 'other']) {
      const flow = await testUdp.engine.open(to, peer.port, { localPort });
      if (hasFailed(flow)) throw new Error(flow.failure.detail);
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      flow.socket.listen({ received: (bytes) => resolve(bytes.toString()), failed: reject });
      flow.socket.send(Buffer.from(text), (error) => error && reject(error));
      expect(await promise).toBe(text);
      expect(flow.socket.local.port).toBe(localPort);
      flow.socket.close();
    }
    expect(ports).toEqual([localPort, localPort]);
  });

  it('should fail where another socket has it, by name', async () => {
    await using other = await udpPeer(() => {}, '0.0.0.0');
    const flow = await testUdp.engine.open(addresses[0], other.port, { localPort: other.port });
    expect(flow).toMatchObject({
      failure: {
        outcome: 'prober_late',
        detail: `the source port ${other.port} is taken on this host (EADDRINUSE)`,
        isPortTaken: true,
      },
    });
  });
});

describe('a connection from a given source port', () => {
  const dial = (to: (typeof addresses)[number], port: number, localPort: number) =>
    dialTcp(to, port, {
      clock: systemClock,
      deadlineMs: systemClock.now() + 60_000,
      localPort,
      signal: new AbortController().signal,
    });

  it.each(addresses)('should come from it: $address', async (to) => {
    const localPort = await freeTcpPort();
    await using peer = await tcpPeer(() => {}, to.address);
    const accepted = once(peer.server, 'connection');
    const opened = await dial(to, peer.port, localPort);
    if (hasFailed(opened)) throw new Error(opened.failure.detail);
    const [{ remotePort }] = await accepted;
    expect([opened.socket.localPort, remotePort]).toEqual([localPort, localPort]);
    opened.socket.destroy();
  });

  it('should fail where another socket has it, by name', async () => {
    await using peer = await tcpPeer(() => {}, '0.0.0.0');
    expect(await dial(addresses[0], peer.port, peer.port)).toMatchObject({
      failure: { outcome: 'prober_late', isPortTaken: true },
    });
  });
});
