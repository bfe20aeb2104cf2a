import { expect, it } from 'vitest';
import { parseMetrics } from '../../../../tests/harness/metrics.ts';
import type { StatusDocument, TargetDocument } from '../../src/monitor/status/types.ts';
import { flipBit, udpPeer } from '../peers.ts';
import { startMonitor } from '../program.ts';
import { readEvents } from './sse.ts';

const isBad = (port: number): boolean => port % 4 === 0;
/** As short as the timeout allows. */
const QUERY = 'name=ecmp&flow=sweep&interval=25ms&timeout=300ms';

it('should tell which source ports of a sweep are bad, and count them', async () => {
  const received = new Set<number>();
  await using peer = await udpPeer((bytes, reply, fromPort) => {
    received.add(fromPort);
    reply(isBad(fromPort) ? flipBit(bytes, 60) : bytes);
  });
  const monitor = await startMonitor({ TARGETS: `echo+udp://127.0.0.1:${peer.port}?${QUERY}` });
  try {
    const badOf = (ports: Iterable<number>) => [...ports].filter(isBad).sort((one, other) => one - other);
    const isFound = ({ targets: [target] }: StatusDocument): boolean =>
      target?.sweep?.verdict === 'dead' && target.sweep.bad.length === badOf(received).length;
    const aborting = new AbortController();
    for await (const { data, event } of readEvents(`${monitor.url}/api/events`, aborting.signal)) {
      if (event === 'status' && isFound(data)) break;
    }
    aborting.abort();
    const { target }: TargetDocument = await (await fetch(`${monitor.url}/api/targets/ecmp`)).json();
    expect(target).toMatchObject({
      flow: 'sweep',
      sweep: { verdict: 'dead', bad: badOf(received), sentence: expect.stringMatching(/ dead: ports? \d+/) },
    });
    expect(target.sweep?.ports).toHaveLength(64);
    const metrics = parseMetrics(await (await fetch(`${monitor.url}/metrics`)).text());
    const labels = { target: 'ecmp', protocol: 'echo-udp', flow: 'sweep' };
    expect(metrics.value('l4_probe_ports', labels)).toBe(64);
    expect(metrics.value('l4_probe_bad_ports', labels)).toBe(badOf(received).length);
  } finally {
    await monitor.stop();
  }
});
