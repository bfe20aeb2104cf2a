import type { DiscoveryStatus, StatusDocument, TargetStatus } from '../../src/monitor/status/types.ts';
import { goodMinute, outcomeCounts, statusDocument, targetStatus } from './targets.ts';

/** A healthy discovery. @param changes the fields that a test needs */
export function discoveryStatus(target: string, changes: Partial<DiscoveryStatus> = {}): DiscoveryStatus {
  return {
    target,
    url: `echo+${target}://echo-mesh:7007`,
    intervalMs: 10_000,
    peers: 1,
    omitted: 0,
    lookup: { state: 'answered' },
    ...changes,
  };
}

export function peerStatus(target: string, peer: string, changes: Partial<TargetStatus> = {}): TargetStatus {
  return targetStatus(target, {
    id: `${target} @ ${peer}`,
    url: `echo+${target}://echo-mesh:7007`,
    peer,
    ...changes,
  });
}

export const meshAddresses = Array.from({ length: 12 }, (_, n) => `10.244.${n}.${17 + n * 3}`);

/** Twelve nodes over TCP and UDP (UDP with both flows), with every kind of state. */
export function mesh(): StatusDocument {
  const now = Date.now();
  const [, , dead, stale, lossy, fresh] = meshAddresses;
  const times = (n: number) => ({ p50Ms: 0.21 + n * 0.037, p99Ms: 0.9 + ((n * 7) % 5) * 0.61 });
  const down = { state: 'down', since: now - 62_000 } as const;
  const gone = { ...goodMinute, ok: 0, lossRatio: 1, p50Ms: null, p99Ms: null, jitterMs: null, phasesMs: {} };
  const seriesOf = (target: string, suffix: '' | ' (sticky)') =>
    meshAddresses.map((peer, n) => {
      const changes: Partial<TargetStatus> = {
        id: `${target} @ ${peer}${suffix}`,
        flow: suffix === '' ? 'fresh' : 'sticky',
        window: { ...goodMinute, ...times(n) },
      };
      const detail = `nothing listens on ${peer}:7007 (ECONNREFUSED)`;
      const failures = [{ at: now - 1_000, outcome: 'refused' as const, detail }];
      const isDown = peer === dead || (peer === stale && suffix !== '');
      if (isDown)
        Object.assign(changes, down, { window: gone, failures, outcomes: outcomeCounts({ refused: 62 }) });
      if (peer === lossy && target === 'udp')
        Object.assign(changes, { window: { ...goodMinute, ok: 57, lossRatio: 0.05 } });
      if (peer === fresh && suffix !== '') {
        const nothing = { ...gone, samples: 0, lossRatio: 0 };
        Object.assign(changes, { state: 'pending', since: null, window: nothing });
      }
      return peerStatus(target, peer, changes);
    });
  const discoveries = ['tcp', 'udp'].map((target) => discoveryStatus(target, { peers: 12 }));
  return statusDocument(
    [...seriesOf('tcp', ''), ...seriesOf('udp', ''), ...seriesOf('udp', ' (sticky)')],
    {},
    discoveries,
  );
}
