import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { startProbing } from '../src/probing.ts';
import type { Sample } from '../src/watch-target.ts';
import { echoing, tcpPeer } from './peers.ts';
import { takeSamples, takeSamplesOnce, targetOf } from './take-samples.ts';

const INTERVAL_MS = 20;
/** 100 samples a second. */
const RAMP_INTERVAL_MS = 10;
const FREEZE_MS = 1_000;
/** The peer's clock has whole milliseconds. */
const CLOCK_GRAIN_MS = 3;

/** Stands still, as a thread does that got no CPU. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Of the straight line that is nearest to the points: milliseconds of round trip for each of due time. */
function slope(points: readonly { readonly at: number; readonly rttMs: number }[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanAt = mean(points.map(({ at }) => at));
  const meanRtt = mean(points.map(({ rttMs }) => rttMs));
  const covariance = mean(points.map(({ at, rttMs }) => (at - meanAt) * (rttMs - meanRtt)));
  return covariance / mean(points.map(({ at }) => (at - meanAt) ** 2));
}

describe('the open loop', () => {
  it('should show a peer that freezes for a second in every sample due meanwhile', async () => {
    type State =
      | { readonly name: 'answering' }
      | { readonly name: 'frozen'; readonly since: number; readonly held: Socket[] }
      | { readonly name: 'thawed'; readonly since: number; readonly until: number };
    let state: State = { name: 'answering' };
    let conversations = 0;
    await using peer = await tcpPeer((socket) => {
      conversations += 1;
      if (state.name === 'frozen') {
        state.held.push(socket);
        return;
      }
      echoing(socket);
      if (conversations !== 10) return;
      const held: Socket[] = [];
      const since = Date.now();
      state = { name: 'frozen', since, held };
      setTimeout(() => {
        state = { name: 'thawed', since, until: Date.now() };
        held.forEach(echoing);
      }, FREEZE_MS);
    });
    const { samples } = await takeSamplesOnce(
      `echo+tcp://127.0.0.1:${peer.port}?interval=${RAMP_INTERVAL_MS}ms&timeout=10s`,
      130,
    );

    expect(samples).toHaveLength(130);
    expect(samples.every(({ outcome }) => outcome === 'ok' || outcome === 'prober_late')).toBe(true);
    const frozen = state as State;
    if (frozen.name !== 'thawed') throw new Error('the peer never froze');
    // A closed loop would have one slow sample here.
    const due = samples.filter(
      ({ at }) => at > frozen.since + RAMP_INTERVAL_MS && at < frozen.until - RAMP_INTERVAL_MS,
    );
    expect(due.length).toBeGreaterThanOrEqual(FREEZE_MS / RAMP_INTERVAL_MS - 5);
    // On a busy machine the prober may have missed some; those it says nothing of.
    const measured = due.flatMap(({ at, rttMs }) => (rttMs === undefined ? [] : { at, rttMs }));
    expect(measured.length).toBeGreaterThan(20);
    for (const { at, rttMs } of measured) expect(rttMs).toBeGreaterThan(frozen.until - at - CLOCK_GRAIN_MS);
    // Each waited as much less as it was due later.
    expect(Math.abs(slope(measured) + 1)).toBeLessThan(0.2);
  });

  it('should blame a stall of its own on itself', async () => {
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
      { clock: systemClock, count: 40 },
    );
    await probing.finished;

    expect(samples).toHaveLength(40);
    const stalled = samples.filter(({ lagMs }) => lagMs > 50);
    expect(stalled.length).toBeGreaterThanOrEqual(20);
    for (const sample of stalled) {
      expect(sample.outcome).toBe('prober_late');
      expect(sample.detail).toMatch(/^the prober itself got to it \d+ ms late$/);
      expect(sample.rttMs).toBeUndefined();
    }
    // Nobody else is blamed, before, while or after.
    expect(samples.every(({ outcome }) => outcome === 'ok' || outcome === 'prober_late')).toBe(true);
    expect(samples.some(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('should not trust an answer that came while it stood still', async () => {
    // The stall begins when the request is with the peer, so the sample started in time.
    let conversations = 0;
    await using peer = await tcpPeer((socket) => {
      conversations += 1;
      if (conversations === 1) socket.once('data', () => block(300));
      echoing(socket);
    });
    const { samples } = await takeSamplesOnce(`echo+tcp://127.0.0.1:${peer.port}`, 1);
    expect(samples).toMatchObject([{ outcome: 'prober_late', rttMs: undefined }]);
    expect(samples[0]?.detail).toMatch(/^the prober itself stood still for \d+ ms meanwhile$/);
  });

  it('should hold on to what a target did, whenever that was noticed', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.once('data', () => {
        block(300);
        socket.resetAndDestroy();
      });
    });
    const { samples } = await takeSamples(`echo+tcp://127.0.0.1:${peer.port}`, 1);
    expect(samples).toMatchObject([{ outcome: 'reset' }]);
  });
});
