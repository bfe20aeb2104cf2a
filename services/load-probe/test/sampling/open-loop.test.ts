import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/sampling/clock.ts';
import { startProbing } from '../../src/sampling/probing.ts';
import type { Sample } from '../../src/sampling/sampler.ts';
import { echoing, tcpPeer } from '../peers.ts';
import { takeSamplesOnce, takeTimelySamples, targetOf, testUdp } from '../take-samples.ts';

const INTERVAL_MS = 20;
/** 100 samples a second. */
const RAMP_INTERVAL_MS = 10;
const FREEZE_MS = 1_000;
const STEP_MS = 5;
/** More turns of the event loop than an exchange needs; both its ends are in this process. */
const TURNS = 10;

/** Blocks this thread, as if it got no CPU. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe('the open loop', () => {
  it('should show a peer that freezes for a second in every sample due meanwhile', async () => {
    // The clock moves in steps when the sockets are idle; the sockets are real.
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    });
    onTestFinished(() => void vi.useRealTimers());
    const held: Socket[] = [];
    let conversations = 0;
    let [frozenMs, thawedMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    await using peer = await tcpPeer((socket) => {
      conversations += 1;
      if (conversations > 10 && thawedMs === Number.POSITIVE_INFINITY) {
        held.push(socket);
        return;
      }
      echoing(socket);
      if (conversations !== 10) return;
      frozenMs = performance.now();
      setTimeout(() => {
        thawedMs = performance.now();
        held.forEach(echoing);
      }, FREEZE_MS);
    });
    const url = `echo+tcp://127.0.0.1:${peer.port}?interval=${RAMP_INTERVAL_MS}ms&timeout=10s`;
    const samples: Sample[] = [];
    const observer = {
      sample: (sample: Sample) => void samples.push(sample),
      duplicates() {},
      reordered() {},
    };
    const clock = { ...systemClock, epoch: () => performance.now() };
    const probing = startProbing([{ target: targetOf(url), index: 0, of: 1, observer }], {
      clock,
      udp: testUdp.engine,
      count: 130,
    });
    let isOver = false;
    const finished = probing.finished.then(() => {
      isOver = true;
    });
    while (!isOver) {
      for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
      vi.advanceTimersByTime(STEP_MS);
    }
    await finished;

    expect(samples.map(({ outcome }) => outcome)).toEqual(Array(130).fill('ok'));
    // A closed loop would have one slow sample here.
    const due = samples.filter(({ at }) => at > frozenMs && at < thawedMs);
    expect(due.length).toBeGreaterThanOrEqual(FREEZE_MS / RAMP_INTERVAL_MS - 1);
    // A sample that was due later waited less by that time.
    for (const { at, rttMs } of due) {
      expect(rttMs).toBeGreaterThanOrEqual(thawedMs - at);
      expect(rttMs).toBeLessThanOrEqual(thawedMs - at + STEP_MS);
    }
  });

  it('should record its own stall as prober_late', async () => {
    await using peer = await tcpPeer(echoing);
    const target = targetOf(`echo+tcp://127.0.0.1:${peer.port}?interval=${INTERVAL_MS}ms`);
    const samples: Sample[] = [];
    let hasStalled = false;
    const probing = startProbing(
      [
        {
          target,
          index: 0,
          of: 1,
          observer: {
            sample(sample) {
              samples.push(sample);
              if (samples.length === 5 && !hasStalled) {
                hasStalled = true;
                block(500);
              }
            },
            duplicates() {},
            reordered() {},
          },
        },
      ],
      { clock: systemClock, count: 40, udp: testUdp.engine },
    );
    await probing.finished;

    expect(samples).toHaveLength(40);
    const stalled = samples.filter(({ lagMs }) => lagMs > 50);
    expect(stalled.length).toBeGreaterThanOrEqual(20);
    for (const sample of stalled) {
      expect(sample.outcome).toBe('prober_late');
      expect(sample.detail).toMatch(/^the probe was \d+ ms late to start the sample$/);
      expect(sample.rttMs).toBeUndefined();
    }
    // No target is blamed before, during or after the stall.
    expect(samples.every(({ outcome }) => outcome === 'ok' || outcome === 'prober_late')).toBe(true);
    expect(samples.some(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('should not trust a reply that came while it was stalled', async () => {
    // The stall begins after the peer has the request, so the sample started in time.
    let conversations = 0;
    await using peer = await tcpPeer((socket) => {
      conversations += 1;
      if (conversations === 1) socket.once('data', () => block(300));
      echoing(socket);
    });
    const { samples } = await takeSamplesOnce(`echo+tcp://127.0.0.1:${peer.port}`, 1);
    expect(samples).toMatchObject([{ outcome: 'prober_late', rttMs: undefined }]);
    expect(samples[0]?.detail).toMatch(/^the probe was stalled for \d+ ms during the sample$/);
  });

  it('should trust a reset or a FIN, even when it noticed it late', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.once('data', () => {
        block(300);
        socket.resetAndDestroy();
      });
    });
    const { samples } = await takeTimelySamples(`echo+tcp://127.0.0.1:${peer.port}`, 1);
    expect(samples).toMatchObject([{ outcome: 'reset' }]);
  });
});
