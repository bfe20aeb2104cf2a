import { byId, renderInto } from '../app/dom.ts';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { peerGroupCard } from './peer-group-card.ts';
import type { PeerGroup } from './peer-groups.ts';
import { peerMatrix } from './peer-matrix.ts';

/** All that was discovered: a card for each target, and a matrix of its peers. Hidden where there is nothing of it. */
export function drawPeers(
  groups: readonly PeerGroup[],
  { now, host }: { readonly now: number; readonly host: string },
): void {
  byId('peers').hidden = groups.length === 0;
  renderInto(
    'peers-note',
    `As seen from ${host}, in the last minute: loss, then p50 and p99 of the round trip`,
  );
  renderInto(
    'peer-groups',
    repeat(
      groups,
      ({ discovery }) => discovery.target,
      (group) => peerGroupCard(group, now),
    ),
  );
  byId('matrix').hidden = groups.every(({ peers }) => peers.length === 0);
  renderInto('matrix', peerMatrix(groups));
}
