import { dscpText } from '../../targets/dscp.ts';
import type { Answer, HopTally } from './hop.ts';
import { ECT_0 } from './probes.ts';

/** Three of the six bits of a DSCP. */
const LOW_BITS = 7;
/** What the other three are in ICMP messages: precedence 6 or 7, "internetwork control" (RFC 1812, 4.3.2.5). */
const MIN_PRECEDENCE = 6;
const PRECEDENCE = 0b110_000;

/** The mark of a probe, as far as a hop tells it. */
interface MarkView {
  readonly ttl: number;
  readonly where: string;
  readonly low: number;
  /** Undefined where only the low bits are known. */
  readonly dscp?: number;
  readonly words: string;
}

/**
 * Where the mark of the probes is changed, by TTL. An ICMPv6 message tells the traffic class of the packet that it
 * quotes, and a STAMP reflector that of its request. Over IPv4 Linux does not tell the quoted header to a socket without
 * privileges, but a router gives part of its traffic class to the ICMP message (RFC 1812, 4.3.2.5): the low three bits of
 * the DSCP, and the bit of ECT(0), which marked probes over UDP have set. A message without that bit may be of a router
 * that copies nothing: it tells something only by low bits that are not 0.
 *
 * @param dscp 0 where the probes have no mark
 */
export function markNotes(
  tallies: readonly HopTally[],
  dscp: number,
  hasEct: boolean,
): Map<number, string[]> {
  const notes = new Map<number, string[]>();
  const sent: MarkView = { ttl: 0, where: 'this host', low: dscp & LOW_BITS, dscp, words: '' };
  const told = tallies.flatMap(({ answers, ttl }) =>
    answers.flatMap((answer) => viewOf(ttl, answer, dscp, hasEct) ?? []).slice(0, 1),
  );
  // A later hop has the low bits as they were sent, so it was the ICMP message that was changed, on its way back.
  const lastSame = told.findLastIndex(({ low }) => low === sent.low);
  const views = told.filter(
    (view, index) => view.dscp !== undefined || view.low === sent.low || index > lastSame,
  );
  for (const [index, view] of views.entries()) {
    const before = [sent, ...views.slice(0, index)].findLast((earlier) => differ(earlier, view));
    if (before === undefined || [...notes.keys()].some((ttl) => ttl > before.ttl)) continue;
    const change = `the mark, DSCP ${dscpText(dscp)}, is changed between ${before.where} and here`;
    notes.set(view.ttl, [`${change}: ${view.words}`]);
  }
  return notes;
}

/** Whether two hops have seen different marks, by the bits that both know. */
function differ(one: MarkView, other: MarkView): boolean {
  if (one.dscp === undefined || other.dscp === undefined) return one.low !== other.low;
  return one.dscp !== other.dscp;
}

function viewOf(ttl: number, answer: Answer, sent: number, hasEct: boolean): MarkView | undefined {
  const { address, probeTrafficClass, trafficClass } = answer;
  const about = { ttl, where: `hop ${ttl} (${address})` };
  if (!Number.isNaN(probeTrafficClass)) {
    const dscp = probeTrafficClass >> 2;
    return { ...about, dscp, low: dscp & LOW_BITS, words: `the probe arrived with DSCP ${dscpText(dscp)}` };
  }
  if (Number.isNaN(trafficClass)) return undefined;
  const own = trafficClass >> 2;
  const low = own & LOW_BITS;
  const isIcmp = own >> 3 >= MIN_PRECEDENCE;
  const copiesEct = hasEct && (trafficClass & ECT_0) !== 0;
  if (!copiesEct && (low === 0 || !isIcmp)) return undefined;
  const words = isIcmp
    ? `the low three bits of its DSCP, which the ICMP message has too, are ${low}, not ${sent & LOW_BITS}`
    : `its ICMP message has DSCP ${dscpText(own)}, not ${PRECEDENCE | (sent & LOW_BITS)}, so that one of them was changed, ` +
      'there or on the way back';
  return { ...about, low, words };
}
