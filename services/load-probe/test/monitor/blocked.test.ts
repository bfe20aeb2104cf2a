import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { parseMetrics } from '../../../../tests/harness/metrics.ts';
import type { TargetDocument } from '../../src/monitor/status/types.ts';
import { startMonitor } from '../program.ts';

it('should tell blocked from leaked, and neither from a host that is down', async () => {
  const [controlPort, port] = [await freePort(), await freePort()];
  const open = async (on: number) => {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    server.listen(on, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const control = await open(controlPort);
  const targets = [
    `tcp://127.0.0.1:${port}?name=denied&expect=blocked`,
    `tcp://127.0.0.1:${controlPort}?name=control`,
  ];
  const monitor = await startMonitor({
    TARGETS: targets.join(),
    INTERVAL: '30ms',
    TIMEOUT: '200ms',
    WORKERS: '2',
  });
  try {
    const until = (state: string) =>
      eventually(async () => {
        const { target }: TargetDocument = await (await fetch(`${monitor.url}/api/targets/denied`)).json();
        expect(target.state).toBe(state);
        return target;
      });
    expect(await until('blocked')).toMatchObject({ expect: 'blocked', control: 'control', leaks: [] });
    const opened = Date.now();
    const denied = await open(port);
    await until('leaked');
    denied.close();
    const closed = Date.now();
    const { failures, leaks, outcomes } = await until('blocked');
    expect(leaks).toHaveLength(1);
    expect(leaks![0]!.from).toBeGreaterThanOrEqual(opened - 30);
    expect(leaks![0]!.to).toBeLessThanOrEqual(closed + 200);
    expect(failures[0]!.outcome).toBe('leaked');
    expect(outcomes).toMatchObject({ refused: 0, ok: 0 });

    control.close();
    const down = await until('untested');
    expect(down.failures[0]!.detail).toMatch(/^control, its control, failed too: refused: /);
    const metrics = parseMetrics(await (await fetch(`${monitor.url}/metrics`)).text());
    const labels = { target: 'denied', protocol: 'tcp', flow: 'fresh' };
    expect(metrics.value('l4_probe_samples_total', { ...labels, outcome: 'leaked' })).toBe(
      leaks![0]!.samples,
    );
    expect(metrics.value('l4_probe_blocked', labels)).toBe(0);
    await eventually(async () => {
      const { target }: TargetDocument = await (await fetch(`${monitor.url}/api/targets/denied`)).json();
      expect(target.outcomes.untested).toBeGreaterThan(down.outcomes.untested + 3);
      expect(target.outcomes.blocked).toBe(down.outcomes.blocked);
    });
  } finally {
    await monitor.stop();
    control.close();
  }
});
