import { canonicalAddress, type IpAddress } from '@echo-daytime/addresses';
import type { IcmpReport } from '@echo-daytime/linux';
import { hostPort } from '../../targets/target.ts';
import { type IcmpMessage, icmpDetail, icmpMeaning } from '../icmp.ts';
import { extensionNotes } from './extensions.ts';
import type { Answer } from './hop.ts';

/** "Time exceeded in transit" of each family. */
const EXPIRED = { 4: 11, 6: 3 } as const;

/** An ICMP message to a probe. @returns undefined for one without a sender */
export function icmpAnswer(
  report: IcmpReport,
  to: { readonly address: IpAddress; readonly port: number; readonly isTcp: boolean },
  own: string,
  rttMs: number,
): Answer | undefined {
  const { code, quoted, quotedTrafficClass: probeTrafficClass, trafficClass, ttl, type, version } = report;
  if (report.reporter === undefined) return undefined;
  const address = canonicalAddress(report.reporter);
  const about = { address, rttMs, ttl, trafficClass, probeTrafficClass };
  const notes = extensionNotes(quoted, version, to.isTcp);
  if (type === EXPIRED[version] && code === 0) return { ...about, kind: 'expired', notes };
  const isTarget = address === to.address.address.split('%')[0];
  const from = isTarget ? 'target' : address === own ? 'this_host' : 'other';
  const message: IcmpMessage = { ...report, reporter: address, from };
  const remote = hostPort(to.address.address, to.port);
  const { kind } = icmpMeaning(message);
  return {
    ...about,
    kind: isTarget && kind === 'refused' ? 'target' : 'stopped',
    notes: [icmpDetail(message, remote), ...notes],
  };
}
