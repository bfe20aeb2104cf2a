import { canonicalAddress } from '@echo-daytime/addresses';
import type { SentSyn } from '@echo-daytime/linux';
import type { ReceivedSyn } from '../payload/syn-line.ts';
import { dscpText } from '../targets/dscp.ts';
import { type Changes, changesOf } from './change-report.ts';

/** What can be changed in a SYN on its way. The set is closed, because it is a metric label. */
export const synFields = ['mss', 'window_scale', 'sack', 'timestamps', 'ttl', 'dscp', 'source'] as const;
export type SynField = (typeof synFields)[number];

/** What became of the SYN of a connection on its way. */
export type SynReport =
  | (Changes<SynField> & {
      /** Routers on the way; undefined where a TTL is unknown or was raised. */
      readonly hops: number | undefined;
      /** As it was received. */
      readonly dscp: number;
    })
  | { readonly unknown: string };

/** Our end of a connection. */
interface Local {
  readonly address: string;
  readonly port: number;
}

/** Compares a received SYN with what this host sent. What this host does not know of its own SYN is not compared. */
export function compareSyns(sent: SentSyn | undefined, local: Local, received: ReceivedSyn): SynReport {
  const { dscp, ttl } = received;
  const changes = changesOf<SynField>({
    mss: mssChange(sent?.mss, received.mss),
    window_scale: scaleChange(sent, received.windowScale),
    sack: presence('SACK', sent?.sack, received.sack),
    timestamps: presence('timestamps', sent?.timestamps, received.timestamps),
    ttl: sent?.ttl !== undefined && ttl > sent.ttl ? `TTL ${sent.ttl} → ${ttl}` : undefined,
    dscp:
      sent?.dscp !== undefined && dscp !== sent.dscp
        ? `DSCP ${dscpText(sent.dscp)} → ${dscpText(dscp)}`
        : undefined,
    source: sourceChange(local, received.peer),
  });
  return {
    changes,
    hops: sent?.ttl !== undefined && ttl <= sent.ttl ? sent.ttl - ttl : undefined,
    dscp,
  };
}

function mssChange(sent: number | undefined, received: number | undefined): string | undefined {
  if (sent === undefined || sent === received) return undefined;
  return received === undefined ? `MSS ${sent} removed` : `MSS ${sent} → ${received}`;
}

function scaleChange(sent: SentSyn | undefined, received: number | undefined): string | undefined {
  const { scalesWindow, windowScale } = sent ?? {};
  const isOther = windowScale !== undefined && received !== undefined && windowScale !== received;
  if (isOther) return `window scale ${windowScale} → ${received}`;
  return presence('window scale', scalesWindow, received !== undefined);
}

function presence(name: string, sent: boolean | undefined, received: boolean): string | undefined {
  if (sent === undefined || sent === received) return undefined;
  return `${name} ${received ? 'added' : 'removed'}`;
}

/** An address that a proxy uses in place of ours looks like that of NAT. */
function sourceChange(local: Local, peer: Local): string | undefined {
  const [own, other] = [local, peer].map(({ address }) => plain(address));
  if (own !== other) return `source address ${own} → ${other} (NAT or a proxy)`;
  return local.port === peer.port ? undefined : `source port ${local.port} → ${peer.port} (NAT or a proxy)`;
}

/** Without its zone, which each host names for itself. */
function plain(address: string): string {
  return canonicalAddress(address.split('%')[0]!);
}
