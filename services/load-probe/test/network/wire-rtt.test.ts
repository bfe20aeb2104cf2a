import { expect, it } from 'vitest';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { createPath, SERVER } from './network-path.ts';

const DELAY_MS = 20;
/** Timers of Node may fire early by this. Milliseconds. */
const TIMER_EARLY_MS = 2;

it(
  'should contain the delay of the path, and not the share of the probe',
  skipFor(Namespace.problem()),
  async () => {
    using path = createPath({ serverMtu: 1500 });
    const port = await path.startEcho('server', DELAY_MS + TIMER_EARLY_MS);
    const check = ['check', '--json', '--count', '5', '--timeout', '10s', '--flow', 'both'];
    const { stdout } = await path.run([...check, `echo+udp://${SERVER}:${port}`]);
    for (const { flow, proberShareMs, rttMs, wireRttMs } of JSON.parse(stdout).targets) {
      expect(wireRttMs.min, flow).toBeGreaterThanOrEqual(DELAY_MS);
      expect(wireRttMs.min, flow).toBeLessThan(rttMs.max);
      expect(proberShareMs.min, flow).toBeGreaterThan(0);
    }
  },
);
