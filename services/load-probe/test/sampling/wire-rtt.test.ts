import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/sampling/clock.ts';
import { describeUdpEngines } from '../clocked-samples.ts';
import { udpPeer } from '../peers.ts';
import { takeSamplesOnce, takeTimelySample, targetOf } from '../take-samples.ts';

const REPLY_MS = 20;
const STALL_MS = 300;
const flows = ['fresh', 'sticky'] as const;

function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describeUdpEngines('the wire round trip', (engine) => {
  // The kernel begins to stamp received datagrams a while after it was asked.
  beforeAll(async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    while (engine === 'batch') {
      const { samples } = await takeSamplesOnce(`echo+udp://127.0.0.1:${peer.port}`, 1);
      if (samples[0]?.wireRttMs !== undefined) break;
    }
  });

  it.each(flows)('should be the time of the reply, and a part of the round trip: %s', async (flow) => {
    await using peer = await udpPeer(async (bytes, reply) => {
      const sinceMs = performance.now();
      while (performance.now() - sinceMs < REPLY_MS) await setTimeout(1);
      reply(bytes);
    });
    const { rttMs, wireRttMs } = await takeTimelySample(`echo+udp://127.0.0.1:${peer.port}?flow=${flow}`);
    expect(rttMs).toBeGreaterThanOrEqual(REPLY_MS);
    if (engine === 'dgram') {
      expect(wireRttMs).toBeUndefined();
      return;
    }
    expect(wireRttMs).toBeGreaterThanOrEqual(REPLY_MS);
    expect(wireRttMs).toBeLessThanOrEqual(rttMs!);
  });

  it.each(flows)('should tell a stall of the probe from the time of the target: %s', async (flow) => {
    let repliedAt = 0;
    await using peer = await udpPeer((bytes, reply) => {
      reply(bytes);
      // The reply is sent by then, and not read yet.
      queueMicrotask(() =>
        process.nextTick(() => {
          repliedAt = systemClock.epoch();
          block(STALL_MS);
        }),
      );
    });
    const { samples } = await takeSamplesOnce(`echo+udp://127.0.0.1:${peer.port}?flow=${flow}`, 1);
    const [{ at, detail, outcome, phases, rttMs, wireRttMs } = expect.fail('no sample')] = samples;
    expect(rttMs).toBeUndefined();
    expect(phases).toEqual({});
    if (engine === 'dgram') {
      expect({ outcome, wireRttMs }).toEqual({ outcome: 'prober_late', wireRttMs: undefined });
      expect(detail).toMatch(/^the probe was stalled for \d+ ms during the sample$/);
      return;
    }
    expect({ outcome, detail }).toEqual({ outcome: 'ok', detail: '' });
    expect(wireRttMs).toBeGreaterThan(0);
    expect(wireRttMs).toBeLessThanOrEqual(repliedAt - at);
  });

  it('should judge a reply that was read after the timeout by when it was received', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      reply(bytes);
      queueMicrotask(() => process.nextTick(() => block(STALL_MS)));
    });
    const url = `echo+udp://127.0.0.1:${peer.port}?timeout=${STALL_MS / 2}ms`;
    expect(targetOf(url).timeoutMs).toBeLessThan(STALL_MS);
    const { samples } = await takeSamplesOnce(url, 1);
    expect(samples[0]?.outcome).toBe(engine === 'batch' ? 'ok' : 'prober_late');
  });
});
