import { describe, expect, it } from 'vitest';
import { describeUdpEngines, takeSamples } from '../clocked-samples.ts';
import { tcpPeer, udpPeer } from '../peers.ts';
import type { Taken } from '../take-samples.ts';

/** The path that a hash over the source port would choose. */
const isDead = (port: number): boolean => port % 4 === 0;

/** @param received the source ports of what a peer received, in order */
function expectDeadPathFound(received: readonly number[], count: number, { sweep }: Taken): void {
  expect(sweep?.verdict).toBe('dead');
  const ports = sweep!.ports.map(({ port }) => port);
  expect(ports).toHaveLength(count);
  // Others as well: a port that another program takes meanwhile is replaced.
  expect(new Set(received)).toEqual(new Set([...received, ...ports]));
  for (const { lost, port, sent } of sweep!.ports) {
    expect(lost).toBe(isDead(port) ? sent : 0);
    // A port whose turn has not come often enough is not named yet.
    if (!isDead(port) || sent >= 4) expect(sweep!.bad.includes(port), `${port}`).toBe(isDead(port));
  }
}

describeUdpEngines('a sweep over UDP', () => {
  it('should name the source ports whose datagrams are dropped', async () => {
    const received: number[] = [];
    await using peer = await udpPeer((bytes, reply, fromPort) => {
      received.push(fromPort);
      if (!isDead(fromPort)) reply(bytes);
    });
    const url = `echo+udp://127.0.0.1:${peer.port}?flow=sweep&interval=16ms&timeout=50ms`;
    expectDeadPathFound(received, 64, await takeSamples(url, 6 * 64));
  });
});

describe('a sweep over TCP', () => {
  it('should name the source ports whose connections fail', async () => {
    const received: number[] = [];
    await using peer = await tcpPeer((socket) => {
      received.push(socket.remotePort!);
      if (isDead(socket.remotePort!)) socket.resetAndDestroy();
      // The side that closes first has TIME_WAIT, so the source port is free at once.
      else socket.end('Friday, November 20, 2026 07:13:05-UTC\r\n');
    });
    const url = `daytime+tcp://127.0.0.1:${peer.port}?flow=sweep&interval=5ms`;
    expectDeadPathFound(received, 144, await takeSamples(url, 6 * 144));
  });
});
