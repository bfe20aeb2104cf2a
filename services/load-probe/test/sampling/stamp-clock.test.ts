import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { clockProblem, SteppedClock } from '../../../../tests/harness/stepped-clock.ts';

import { udpPeer } from '../peers.ts';
import { takeSamplesOnce } from '../take-samples.ts';

const HOUR_S = 3_600;
const TIMEOUT_MS = 2_000;
/** Requests from 0 on, of which the first samples show that the reflector counts. */
const LOST = { forward: 5, return: 8 } as const;

/** A router in front of a reflector: it drops one packet on each way. */
async function router(reflectorPort: number) {
  const back = new Map<number, (reply: Buffer) => void>();
  const outside = createSocket('udp4');
  outside.on('message', (reply) => {
    const request = reply.readUInt32BE(24);
    if (request !== LOST.return) back.get(request)?.(reply);
  });
  const peer = await udpPeer((bytes, reply) => {
    const request = bytes.readUInt32BE(0);
    back.set(request, reply);
    if (request !== LOST.forward) outside.send(bytes, reflectorPort, '127.0.0.1');
  });
  return {
    port: peer.port,
    async [Symbol.asyncDispose]() {
      outside.close();
      await peer[Symbol.asyncDispose]();
    },
  };
}

it(
  'should give directions and times as ever where the clock of the reflector is off by an hour',
  skipFor(clockProblem()),
  async () => {
    using clock = new SteppedClock();
    await clock.verify(HOUR_S);
    clock.stepTo(HOUR_S);
    const port = await freePort();
    // The kernel's timestamps are of the machine's clock, which stays as it is: of this process alone the other is faked.
    const env = { ...clock.env, STAMP_PORT: String(port), UDP_ENGINE: 'dgram' };
    await using _ = await ServiceProcess.start('echo', env);
    await using path = await router(port);
    const url = `stamp+udp://127.0.0.1:${path.port}?flow=sticky&interval=30ms&timeout=${TIMEOUT_MS}ms`;
    const { losses, samples } = await takeSamplesOnce(url, 14);
    expect(losses).toEqual(['forward', 'return']);
    for (const { outcome, reflectorMs, rttMs } of samples.filter(({ outcome }) => outcome !== 'lost')) {
      expect(outcome).toBe('ok');
      expect(rttMs).toBeLessThan(TIMEOUT_MS);
      expect(reflectorMs).toBeGreaterThanOrEqual(0);
      expect(reflectorMs).toBeLessThanOrEqual(TIMEOUT_MS);
    }
  },
);
