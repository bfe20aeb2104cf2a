import { CounterBlock } from '@echo-daytime/worker';
import { describe, expect, it } from 'vitest';
import { fitsFlow, flows } from '../targets/flow.ts';
import { isUdp, protocols } from '../targets/protocol.ts';
import type { Target } from '../targets/target.ts';
import { declareTargetCounters } from './metrics.ts';
import { kindOf, type MetricsDetail, metricsDetails } from './metrics-detail.ts';

/** As docs/operations.md promises. */
const MAX_SERIES = { fresh: 60, sticky: 120, sweep: 62 };

const common = { id: 'it', name: 'it', url: '', port: 7, intervalMs: 1_000, timeoutMs: 2_000, sizeBytes: 64 };
const kinds: readonly Target[] = protocols.flatMap((protocol) =>
  flows
    .filter((flow) => fitsFlow(protocol, flow))
    .flatMap((flow) =>
      [{ host: 'name.example' }, { host: '192.0.2.7' }, { host: '192.0.2.7', peer: '192.0.2.7' }].map(
        (host) => ({ ...common, protocol, flow, ...host }),
      ),
    ),
);

/** Lines of /metrics: a histogram has one for each bound, +Inf, the sum and the count. */
function seriesOf(target: Target, detail: MetricsDetail): number {
  const block = new CounterBlock();
  declareTargetCounters(block, target, detail, true);
  return block.families.reduce((sum, { scale, series }) => {
    const lines = scale ? scale.bounds.length + 3 : 1;
    return sum + series.filter(({ shownAtZero }) => shownAtZero).length * lines;
  }, 0);
}

describe('the metrics of a target', () => {
  it.each(kinds)('should be few series by default: $protocol, $flow, $host, peer $peer', (target) => {
    const series = seriesOf(target, 'normal');
    expect(series).toBeLessThanOrEqual(MAX_SERIES[target.flow]);
    expect(series).toBeGreaterThan(25);
    expect(seriesOf(target, 'full')).toBeGreaterThan(2 * series);
  });

  it('should be samples and one gauge where it must be blocked, and what a reflector counts', () => {
    for (const kind of kinds) {
      const target = { ...kind, expect: 'blocked' } as const;
      const isCounting = target.protocol === 'stamp-udp' && target.flow === 'sticky';
      for (const detail of metricsDetails) expect(seriesOf(target, detail)).toBe(isCounting ? 7 : 5);
    }
  });

  it('should have in normal detail only what full detail has too', () => {
    for (const target of kinds) {
      const [normal, full] = metricsDetails.map((detail) => {
        const block = new CounterBlock();
        declareTargetCounters(block, target, detail, true);
        return new Map(block.families.map((family) => [family.name, family]));
      });
      for (const [name, { scale, series }] of normal!) {
        expect(full!.get(name)!.scale?.bounds ?? []).toEqual(
          expect.arrayContaining([...(scale?.bounds ?? [])]),
        );
        const sets = (all: typeof series) => all.map(({ labels }) => labels);
        expect(sets(full!.get(name)!.series)).toEqual(expect.arrayContaining(sets(series)));
      }
    }
  });

  it('should count retransmitted samples over TCP, and show no 0 where the kernel tells nothing', () => {
    const name = 'l4_probe_retransmitted_samples_total';
    for (const target of kinds) {
      const shown = [true, false].map((hasTcpInfo) => {
        const block = new CounterBlock();
        declareTargetCounters(block, target, 'normal', hasTcpInfo);
        return block.families.find((family) => family.name === name)?.series[0]?.shownAtZero;
      });
      expect(shown).toEqual(isUdp(target.protocol) ? [undefined, undefined] : [true, false]);
    }
  });

  it('should be the same for all targets of a kind', () => {
    const session = { ...common, protocol: 'session-tcp', flow: 'fresh', host: '192.0.2.7' } as const;
    const byKind = new Map<string, unknown>();
    const stamp = { ...session, protocol: 'stamp-udp' } as const;
    const told = [
      { ...session, syn: true },
      { ...stamp, dscp: 46 },
      { ...stamp, expect: 'blocked' } as const,
    ];
    for (const target of [...kinds, session, stamp, ...told]) {
      const block = new CounterBlock();
      declareTargetCounters(block, target, 'normal', true);
      expect(block.families).toEqual(byKind.get(kindOf(target)) ?? block.families);
      byKind.set(kindOf(target), block.families);
    }
    expect(byKind.size).toBeGreaterThan(kinds.length / 2);
  });
});
