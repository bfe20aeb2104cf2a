import { expect, it } from 'vitest';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import type { StatusDocument } from '../../src/monitor/status/types.ts';
import { echoing, tcpPeer, udpPeer } from '../peers.ts';
import { startMonitor } from '../program.ts';
import { readEvents } from './sse.ts';

it('should show the wire round trip over UDP, and not over TCP', skipFor(notLinux), async () => {
  await using tcp = await tcpPeer(echoing);
  await using udp = await udpPeer((bytes, reply) => reply(bytes));
  const monitor = await startMonitor({
    TARGETS: `echo+tcp://127.0.0.1:${tcp.port}?name=tcp echo+udp://127.0.0.1:${udp.port}?name=udp&flow=both`,
    INTERVAL: '100ms',
    TIMEOUT: '30s',
  });
  try {
    const aborting = new AbortController();
    const wireOf = ({ targets }: StatusDocument) => targets.map(({ window }) => window.wireP50Ms);
    for await (const { data, event } of readEvents(`${monitor.url}/api/events`, aborting.signal)) {
      if (event !== 'status' || wireOf(data).slice(1).includes(null)) continue;
      expect(wireOf(data)).toEqual([null, expect.any(Number), expect.any(Number)]);
      break;
    }
    aborting.abort();
    const metrics = await (await fetch(`${monitor.url}/metrics`)).text();
    for (const flow of ['fresh', 'sticky']) {
      const series = `l4_probe_wire_rtt_seconds_count{target="udp",protocol="echo-udp",flow="${flow}"}`;
      expect(metrics).toMatch(new RegExp(`^${RegExp.escape(series)} [1-9]`, 'm'));
    }
    expect(metrics).not.toContain('l4_probe_wire_rtt_seconds_count{target="tcp"');
  } finally {
    await monitor.stop();
  }
});
