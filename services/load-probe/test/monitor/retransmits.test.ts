import { expect, it } from 'vitest';
import { dropOne } from '../../../../tests/harness/dropped-segments.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import type { StatusDocument } from '../../src/monitor/status/types.ts';
import { echoing, tcpPeer, udpPeer } from '../peers.ts';
import { startMonitor } from '../program.ts';
import { readEvents } from './sse.ts';

it(
  'should count and note samples with a segment that was sent again, which stay ok',
  skipFor(notLinux),
  async () => {
    await using clean = await tcpPeer(echoing);
    await using lossy = await tcpPeer(echoing);
    await using udp = await udpPeer((bytes, reply) => reply(bytes));
    // Of each connection.
    dropOne('data', lossy.server);
    await using monitor = await startMonitor({
      TARGETS: [
        `echo+tcp://127.0.0.1:${clean.port}?name=clean`,
        `echo+tcp://127.0.0.1:${lossy.port}?name=lossy`,
        `echo+udp://127.0.0.1:${udp.port}?name=udp`,
      ].join(' '),
      INTERVAL: '500ms',
      TIMEOUT: '30s',
    });
    const aborting = new AbortController();
    const noted = ({ targets }: StatusDocument) => targets.filter(({ notes }) => notes.length > 0);
    for await (const { data, event } of readEvents(`${monitor.url}/api/events`, aborting.signal)) {
      if (event !== 'status' || noted(data).length === 0) continue;
      expect(noted(data)).toMatchObject([{ name: 'lossy', state: 'up', failures: [] }]);
      expect(noted(data)[0]!.notes[0]).toEqual({
        at: expect.any(Number),
        detail: '1 segment retransmitted',
      });
      break;
    }
    aborting.abort();
    const metrics = await (await fetch(`${monitor.url}/metrics`)).text();
    const countOf = (name: string): number => {
      const line = new RegExp(`^l4_probe_retransmitted_samples_total\\{target="${name}",.*\\} (\\d+)$`, 'm');
      return Number(line.exec(metrics)?.[1]);
    };
    expect(countOf('clean')).toBe(0);
    expect(countOf('lossy')).toBeGreaterThan(0);
    expect(countOf('udp')).toBeNaN();
  },
);
