import { dscpText } from '../../targets/dscp.ts';
import type { Answer, HopTally } from './hop.ts';
import { ECT_0 } from './probes.ts';

/** Three of the six bits of a DSCP. */
const LOW_BITS = 7;
/** What the other three are in ICMP messages: precedence 6 or 7, "internetwork control" (RFC 1812, 4.3.2.5). */
const MIN_PRECEDENCE = 6;
const PRECEDENCE = 0b110_000;

/** How the mark of a probe looks from a hop. */
interface Seen {
  readonly ttl: number;
  readonly address: string;
  readonly isAsSent: boolean;
  readonly words: string;
}

/**
 * Where the mark of the probes is changed, by TTL. An ICMPv6 message tells the traffic class of the packet that it
 * quotes. Over IPv4 Linux does not tell the quoted header to a socket without privileges, but a router gives part of its
 * traffic class to the ICMP message (RFC 1812, 4.3.2.5): the low three bits of the DSCP, and the bit of ECT(0), which
 * marked probes over UDP have set. A message without that bit may be of a router that copies nothing: it tells something
 * only by low bits that are not 0.
 *
 * @param dscp 0 where the probes have no mark
 */
export function markNotes(
  tallies: readonly HopTally[],
  dscp: number,
  hasEct: boolean,
): Map<number, string[]> {
  const notes = new Map<number, string[]>();
  const seen = tallies.flatMap(({ answers, ttl }) => {
    const views = answers.flatMap((answer) => viewOf(answer, dscp, hasEct) ?? []);
    return views.slice(0, 1).map((view) => ({ ttl, ...view }));
  });
  // A hop that has it as it was sent proves that nothing before changed it.
  const from = seen.findLastIndex(({ isAsSent }) => isAsSent);
  let before: Seen | undefined = seen[from];
  for (const view of seen.slice(from + 1)) {
    if (view.words !== before?.words) notes.set(view.ttl, [changeNote(dscp, before, view)]);
    before = view;
  }
  return notes;
}

function viewOf(answer: Answer, dscp: number, hasEct: boolean): Omit<Seen, 'ttl'> | undefined {
  const { address, kind, quotedTrafficClass, trafficClass } = answer;
  if (kind === 'target' && Number.isNaN(trafficClass)) return undefined;
  if (!Number.isNaN(quotedTrafficClass)) {
    const quoted = quotedTrafficClass >> 2;
    return {
      address,
      isAsSent: quoted === dscp,
      words: `the packet that it quotes has DSCP ${dscpText(quoted)}`,
    };
  }
  const own = trafficClass >> 2;
  const low = own & LOW_BITS;
  const copiesEct = hasEct && (trafficClass & ECT_0) !== 0;
  if (!copiesEct && (low === 0 || own >> 3 < MIN_PRECEDENCE)) return undefined;
  const [usual, whole] = [PRECEDENCE | (dscp & LOW_BITS), dscp];
  return {
    address,
    isAsSent: own === usual || own === whole,
    words:
      own >> 3 < MIN_PRECEDENCE
        ? `its ICMP message has DSCP ${dscpText(own)}, not ${usual}, so that one of them was changed, there or on the way back`
        : `the low three bits of its DSCP, which the ICMP message has too, are ${low}, not ${dscp & LOW_BITS}`,
  };
}

function changeNote(dscp: number, before: Seen | undefined, { words }: Seen): string {
  const where = before === undefined ? 'this host' : `hop ${before.ttl} (${before.address})`;
  return `the mark, DSCP ${dscpText(dscp)}, is changed between ${where} and here: ${words}`;
}
