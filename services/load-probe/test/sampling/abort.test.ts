import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { startProbing } from '../../src/sampling/probing.ts';
import type { AbandonedSample, Sample } from '../../src/sampling/sampler.ts';
import { takeSamples } from '../clocked-samples.ts';
import { connects, echoing, fullPeer, tcpPeer, udpPeer } from '../peers.ts';
import { targetOf, testUdp } from '../take-samples.ts';

/** No sample times out. If a busy machine makes the first sample late, so that it is not sent, another follows. */
const LONG_TIMEOUT = 'interval=500ms&timeout=10m';

/** Starts to probe, aborts when `underWay` resolves, and returns the recorded samples. */
async function abortOne(url: string, underWay: Promise<unknown>): Promise<Sample[]> {
  const samples: Sample[] = [];
  const abandoned: AbandonedSample[] = [];
  const observer = {
    abandoned: (sample: AbandonedSample) => void abandoned.push(sample),
    sample: (sample: Sample) => void samples.push(sample),
    duplicates() {},
    reordered() {},
  };
  const assignment = { target: targetOf(url), index: 0, of: 1, observer };
  const probing = startProbing([assignment], { clock: systemClock, udp: testUdp.engine });
  await underWay;
  probing.abort();
  await probing.finished;
  // The aborted sample is reported, unlike a sample that never started.
  expect(abandoned.length).toBeGreaterThan(0);
  return samples.filter(({ outcome }) => outcome !== 'prober_late');
}

describe('a probe that has taken all samples', () => {
  it('should close its sticky flow', async () => {
    const closed = Promise.withResolvers<void>();
    await using peer = await tcpPeer((socket) => {
      echoing(socket);
      socket.on('end', () => closed.resolve());
    });
    await takeSamples(`echo+tcp://127.0.0.1:${peer.port}?flow=sticky`, 2);
    await closed.promise;
  });
});

describe('a probe that is aborted', () => {
  it('should not record a sample that waits for a reply over TCP, and close its connection', async () => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using peer = await tcpPeer((socket) => {
      socket.once('data', () => asked.resolve());
      socket.on('end', () => closed.resolve());
    });
    const url = `echo+tcp://127.0.0.1:${peer.port}?${LONG_TIMEOUT}`;
    expect(await abortOne(url, asked.promise)).toEqual([]);
    await closed.promise;
  });

  it('should not record a sample that waits for a reply over UDP', async () => {
    const asked = Promise.withResolvers<void>();
    await using peer = await udpPeer(() => asked.resolve());
    const url = `echo+udp://127.0.0.1:${peer.port}?${LONG_TIMEOUT}`;
    expect(await abortOne(url, asked.promise)).toEqual([]);
  });

  it.each(['echo+tcp', 'session+tcp', 'dialog+tcp'])(
    'should close a sticky flow of %s too',
    async (scheme) => {
      const asked = Promise.withResolvers<void>();
      const closed = Promise.withResolvers<void>();
      await using peer = await tcpPeer((socket) => {
        socket.once('data', () => asked.resolve());
        socket.on('end', () => closed.resolve());
      });
      const url = `${scheme}://127.0.0.1:${peer.port}?flow=sticky&${LONG_TIMEOUT}`;
      expect(await abortOne(url, asked.promise)).toEqual([]);
      await closed.promise;
    },
  );

  it('should not record a sample that waits for its connection', async () => {
    await using peer = await fullPeer();
    const url = `echo+tcp://127.0.0.1:${peer.port}?${LONG_TIMEOUT}`;
    const others = connects();
    const waiting = eventually(() => expect(connects()).toBeGreaterThan(others));
    expect(await abortOne(url, waiting)).toEqual([]);
  });
});
