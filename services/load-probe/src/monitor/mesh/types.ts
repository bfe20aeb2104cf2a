/** The JSON of a mesh: what each of its probes sees of its peers, and all of it together. */

import type { STATUS_VERSION, TargetStatus } from '../status/types.ts';

/** What a probe sees of one peer by one flow of one target, in the last minute. */
export interface MeshCell extends Pick<TargetStatus, 'flow' | 'slo' | 'state'> {
  readonly target: string;
  /** Its address. */
  readonly peer: string;
  readonly window: Pick<TargetStatus['window'], 'lossRatio' | 'p50Ms' | 'p99Ms' | 'samples'>;
}

/** `GET /api/row`: what this probe sees of its peers. */
export interface MeshRow {
  readonly version: typeof STATUS_VERSION;
  /** Random, the same as long as the probe runs: a probe may have several addresses. */
  readonly run: string;
  readonly host: string;
  /** Where the probe runs; null = not known. */
  readonly node: string | null;
  readonly zone: string | null;
  /** False when the prober itself was late in the last minute. */
  readonly trusted: boolean;
  readonly cells: readonly MeshCell[];
  /** Who answered at an address of a peer, where one of its targets tells: `pod=echo-7d9f node=n1`. */
  readonly responders: Readonly<Record<string, string>>;
}

/** A probe of the mesh, by its address: its row, or why there is none. */
export type MeshProbe =
  | { readonly address: string; readonly row: MeshRow; readonly problem?: never }
  | { readonly address: string; readonly row?: never; readonly problem: string };

/** `GET /api/mesh`: the rows of all probes. */
export interface MeshDocument {
  readonly version: typeof STATUS_VERSION;
  /** When the probes were asked, milliseconds since the Unix epoch. */
  readonly now: number;
  /** `HOST:PORT`: the name that has their addresses. */
  readonly name: string;
  /** Why not all of the name's addresses could be looked up; null where they could. */
  readonly problem: string | null;
  readonly probes: readonly MeshProbe[];
  /** Addresses that are not asked, because there are too many. */
  readonly omitted: number;
}
