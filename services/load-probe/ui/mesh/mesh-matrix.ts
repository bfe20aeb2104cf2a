import type { MeshCell, MeshDocument, MeshProbe, MeshRow } from '../../src/monitor/mesh/types.ts';
import { type CellTone, cellTone } from '../peers/peer-groups.ts';
import { fieldOf } from '../words/responder-words.ts';

/** Where a probe or a peer is: its node, or what else names it. */
export interface Place {
  readonly name: string;
  /** What the name leaves out, such as the zone and the address. */
  readonly more: string;
}

export interface Column extends Place {
  /** The address of the peer. */
  readonly peer: string;
}

/** All that one probe sees of one peer, as bad as the worst of it. */
export interface Pair {
  readonly tone: CellTone;
  /** The greatest loss of those with a sample; undefined without one. */
  readonly lossRatio: number | undefined;
  readonly p99Ms: number | null;
  readonly cells: readonly MeshCell[];
}

/** A probe: what it sees of the peer of each column, or why it tells nothing. */
export type Row = Place &
  (
    | { readonly pairs: readonly (Pair | undefined)[]; readonly isTrusted: boolean; readonly problem?: never }
    | { readonly pairs?: never; readonly problem: string }
  );

export interface MeshMatrix {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

const byBadness: readonly CellTone[] = ['up', 'pending', 'strained', 'down'];
const byNumber = new Intl.Collator('en', { numeric: true });

/** A row for each probe, a column for each peer that one of them has, both by the names of their nodes. */
export function meshMatrix({ probes }: MeshDocument): MeshMatrix {
  const columns = columnsOf(probes.flatMap(({ row }) => row ?? [])).sort(byPlace);
  return { columns, rows: probes.map((probe) => rowOf(probe, columns)).sort(byPlace) };
}

function columnsOf(rows: readonly MeshRow[]): Column[] {
  const peers = new Set(rows.flatMap(({ cells }) => cells.map(({ peer }) => peer)));
  return [...peers].map((peer) => {
    // Names come from other hosts: one may be that of a property that every object has.
    const telling = rows.find(({ responders }) => Object.hasOwn(responders, peer));
    const fields = telling?.responders[peer] ?? '';
    const name = fieldOf(fields, 'node') ?? fieldOf(fields, 'pod') ?? peer;
    return { peer, name, more: joined(fieldOf(fields, 'zone'), name === peer ? undefined : peer) };
  });
}

function rowOf({ address, problem, row }: MeshProbe, columns: readonly Column[]): Row {
  if (!row) return { name: address, more: '', problem };
  const { cells, host, node, trusted, zone } = row;
  const byPeer = Map.groupBy(cells, ({ peer }) => peer);
  return {
    name: node ?? host,
    more: joined(zone ?? undefined, node === null ? undefined : host, address),
    isTrusted: trusted,
    pairs: columns.map(({ peer }) => {
      const seen = byPeer.get(peer);
      return seen && pairOf(seen);
    }),
  };
}

function pairOf(cells: readonly MeshCell[]): Pair {
  const tones = cells.map((cell) => cellTone(cell));
  const windows = cells.map(({ window }) => window).filter(({ samples }) => samples > 0);
  const times = windows.flatMap(({ p99Ms }) => p99Ms ?? []);
  return {
    tone: byBadness.findLast((tone) => tones.includes(tone)) ?? 'pending',
    lossRatio: windows.length === 0 ? undefined : Math.max(...windows.map(({ lossRatio }) => lossRatio)),
    p99Ms: times.length === 0 ? null : Math.max(...times),
    cells,
  };
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' · ');
}

function byPlace(one: Place, next: Place): number {
  return byNumber.compare(one.name, next.name) || byNumber.compare(one.more, next.more);
}
