import type { DiscoveryStatus, TargetStatus } from '../../src/monitor/status/types.ts';
import { count } from '../../src/stats/format.ts';
import { conditionOf, type ShownState, stateOf, type WatchedTarget } from '../list/watched-target.ts';
import { duration, setting } from '../words/words.ts';

/** A target with `discover` and the peers that stand for it. */
export interface PeerGroup {
  readonly discovery: DiscoveryStatus;
  readonly peers: readonly WatchedTarget[];
}

export function peerGroups(
  discoveries: readonly DiscoveryStatus[],
  targets: readonly WatchedTarget[],
): PeerGroup[] {
  return discoveries.map((discovery) => ({
    discovery,
    peers: targets.filter(({ peer, series }) => peer !== null && series[0]?.name === discovery.target),
  }));
}

/** As bad as the worst of its peers. */
export function groupState({ peers }: PeerGroup): ShownState {
  const states = new Set(peers.map((peer) => stateOf(conditionOf(peer))));
  if (states.has('down')) return 'down';
  return states.has('pending') || states.size === 0 ? 'pending' : 'up';
}

export function downPeers({ peers }: PeerGroup): WatchedTarget[] {
  return peers.filter((peer) => stateOf(conditionOf(peer)) === 'down');
}

/** `11 of 12 up`. */
export function groupWords({ discovery, peers }: PeerGroup): string {
  if (peers.length === 0) return discovery.lookup.state === 'pending' ? 'Looking up' : 'No peers';
  const up = peers.filter((peer) => stateOf(conditionOf(peer)) === 'up').length;
  const word = peers.some(({ series }) => series[0]?.expect === 'blocked') ? 'blocked' : 'up';
  return up === peers.length ? `All ${peers.length} ${word}` : `${up} of ${peers.length} ${word}`;
}

/** How the peers are found, and the problems of the lookup, one sentence each. */
export function discoveryWords({ discovery }: PeerGroup, now: number): string[] {
  const { intervalMs, lookup, omitted, peers } = discovery;
  const every = `looked up every ${setting(intervalMs)}`;
  const words = [
    peers === 0
      ? `Addresses are ${every}.`
      : `${peers === 1 ? '1 address' : `${count(peers)} addresses`}, ${every}.`,
  ];
  if (lookup.state === 'answered' && peers === 0) words.push('The name has no address now.');
  if (lookup.state === 'failing') {
    const { families, reason, since } = lookup;
    const [family] = families.length === 1 ? families : [];
    const kept = peers > 0 ? ` The ${family ? `${family} ` : ''}peers are those of the last answer.` : '';
    const lookups = family ? `${family} lookups` : 'Lookups';
    words.push(`${lookups} have failed for ${duration(now - since)}: ${reason}.${kept}`);
  }
  if (omitted > 0) words.push(`${count(omitted)} more ${omitted === 1 ? 'is' : 'are'} not probed: too many.`);
  return words;
}

/** The condition that gives a cell of the matrix its colour. */
export type CellTone = ShownState | 'strained';

export interface JudgedCell extends Pick<TargetStatus, 'slo' | 'state'> {
  readonly window: Pick<TargetStatus['window'], 'lossRatio' | 'samples'>;
}

/** `strained`: up, but it lost samples or broke a promise in the last minute. */
export function cellTone({ slo, state, window }: JudgedCell): CellTone {
  const shown = stateOf(state);
  if (shown !== 'up' || state === 'blocked') return shown;
  const hasLost = window.samples > 0 && window.lossRatio > (slo?.maxLossRatio ?? 0);
  return hasLost || slo?.met === false ? 'strained' : 'up';
}
