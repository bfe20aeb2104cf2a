import { setTimeout } from 'node:timers/promises';
import { socketsOf } from '@echo-daytime/linux/proc';
import { expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import { takeSamplesOnce } from '../take-samples.ts';

const STOPPED_MS = 300;

/** Bytes that wait at the socket of a local UDP port. */
function queuedAt(port: number): number {
  const rows = socketsOf('udp') ?? [];
  return rows.find(({ localPort }) => localPort === port)?.receiveQueue ?? 0;
}

it.each(['fresh', 'sticky'])(
  'should tell the time for which the reflector was stopped from that of the path: %s',
  skipFor(notLinux),
  async (flow) => {
    const port = await freePort();
    await using echo = await ServiceProcess.start('echo', { STAMP_PORT: String(port), UDP_ENGINE: 'batch' });
    const halted = await echo.halt();
    const taking = takeSamplesOnce(`stamp+udp://127.0.0.1:${port}?timeout=1m&flow=${flow}`, 1);
    await eventually(() => expect(queuedAt(port)).toBeGreaterThan(0));
    await setTimeout(STOPPED_MS);
    halted[Symbol.dispose]();
    const [sample] = (await taking).samples;
    expect(sample?.outcome).toBe('ok');
    // A timer may be a millisecond early.
    expect(sample?.reflectorMs).toBeGreaterThan(STOPPED_MS - 2);
    expect(sample?.reflectorMs).toBeLessThanOrEqual(sample!.rttMs! + 1);
  },
);
