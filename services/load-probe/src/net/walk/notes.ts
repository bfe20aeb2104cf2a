import { isUdp, type Protocol } from '../../targets/protocol.ts';
import type { Hop, HopTally } from './hop.ts';
import { markNotes } from './mark-notes.ts';

/** What a packet's TTL is when it leaves its host, on the systems there are. */
const INITIAL_TTLS = [32, 64, 128, 255];

/** The hops with what their answers say together. */
export function hopsOf(
  tallies: readonly HopTally[],
  { dscp, protocol }: { readonly dscp?: number | undefined; readonly protocol: Protocol },
): Hop[] {
  const marks = markNotes(tallies, dscp ?? 0, dscp !== undefined && isUdp(protocol));
  return tallies.map((tally, index) => {
    const { lost, rttMs, sent, ttl } = tally;
    const later = tallies.slice(index + 1);
    const notes = [
      ...new Set(tally.answers.flatMap((answer) => answer.notes)),
      ...otherAddresses(tally),
      ...lossNote(tally, later),
      ...wayBack(tally),
      ...(marks.get(ttl) ?? []),
    ];
    return { ttl, address: tally.addresses[0] ?? null, rttMs, sent, lost, notes };
  });
}

function otherAddresses(tally: HopTally): string[] {
  const { addresses, answers } = tally;
  return addresses
    .slice(1)
    .map((address) => `${tally.count(address)} of ${answers.length} answers came from ${address}`);
}

/** A silent hop is not guilty, nor is one that answers some probes only, where what is behind it answers more. */
function lossNote({ answers, lost, sent }: HopTally, later: readonly HopTally[]): string[] {
  if (answers.length === 0) {
    return later.some((hop) => hop.answers.length > 0)
      ? ['silent: none of its ICMP messages arrives, but it passes on what hops behind it answer']
      : ['silent'];
  }
  const isPassed = lost > 0 && later.some((hop) => hop.sent > 0 && hop.lost / hop.sent < lost / sent);
  return isPassed
    ? [
        `${lost} of ${sent} not answered, which is no loss of the path: it limits its ICMP messages, and hops behind it lost less`,
      ]
    : [];
}

/** Where the way back has another number of hops than the way there, as far as the TTL of the answer tells. */
function wayBack({ answers, ttl }: HopTally): string[] {
  const left = answers.find((answer) => !Number.isNaN(answer.ttl))?.ttl;
  const initial = INITIAL_TTLS.find((initial) => initial >= (left ?? Number.POSITIVE_INFINITY));
  if (left === undefined || initial === undefined) return [];
  const hops = initial - left + 1;
  return hops === ttl
    ? []
    : [`the way back has ${hops} hops: the answer came with TTL ${left}, of probably ${initial}`];
}
