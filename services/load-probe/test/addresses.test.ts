import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { skipFor } from '../../../tests/harness/skip-for.ts';
import { systemClock } from '../src/clock.ts';
import { dialTcp } from '../src/dial-tcp.ts';
import { echoing, freeTcpPort, fullPeer, tcpPeer, udpPeer } from './peers.ts';
import { takeSample, targetOf } from './take-samples.ts';

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
});

describe('a name with several addresses', () => {
  function attemptAt(port: number, timeoutMs: number) {
    const target = targetOf(`echo+tcp://several.invalid:${port}?timeout=${timeoutMs}ms`);
    const startMs = systemClock.now();
    const { signal } = new AbortController();
    const deadlineMs = startMs + timeoutMs;
    return { target, run: 0, sequence: 0, startMs, deadlineMs, clock: systemClock, signal };
  }

  it('should go on to the next address when one refuses', async () => {
    await using peer = await tcpPeer(echoing);
    const dialled = await dialTcp(attemptAt(peer.port, 5_000), [
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
    expect(dialled).toMatchObject({ peer: `127.0.0.1:${peer.port}` });
    dialled.socket?.destroy();
  });

  it('should leave time for the next address when one swallows', async () => {
    await using peer = await fullPeer();
    const started = systemClock.now();
    const { port } = peer;
    const dialled = await dialTcp(attemptAt(port, 600), [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]);
    expect(systemClock.now() - started).toBeLessThan(600);
    expect(dialled).toMatchObject({ verdict: { outcome: 'connect_timeout' } });
    expect(dialled.socket).toBeUndefined();
    expect((dialled as { verdict: { detail: string } }).verdict.detail).toContain(
      `; nothing listens on 127.0.0.2:${port} (ECONNREFUSED)`,
    );
  });

  it('should name every address when all fail', async () => {
    const port = await freeTcpPort();
    const dialled = await dialTcp(attemptAt(port, 5_000), [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]);
    expect(dialled).toEqual({
      verdict: {
        outcome: 'refused',
        detail:
          `nothing listens on 127.0.0.1:${port} (ECONNREFUSED); ` +
          `nothing listens on 127.0.0.2:${port} (ECONNREFUSED)`,
      },
    });
  });
});
