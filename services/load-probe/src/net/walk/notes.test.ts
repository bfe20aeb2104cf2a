import { expect, it } from 'vitest';
import { type Answer, HopTally, NO_CLASS } from './hop.ts';
import { hopsOf } from './notes.ts';

const flow = { protocol: 'echo-udp', dscp: 14 } as const;
/** What Linux gives an ICMP message to a datagram with this mark and ECT(0): precedence 6 and the low bits. */
const COPIED = 0b110_110_10;

/** A hop with an answer of each address, of `sent` probes. */
function tally(
  ttl: number,
  sent: number,
  addresses: readonly string[],
  more: Partial<Answer> = {},
): HopTally {
  const hop = new HopTally(ttl);
  hop.sent = sent;
  for (const address of addresses) {
    const answer = { kind: 'expired', address, rttMs: 1, ttl: 65 - ttl, ...NO_CLASS, notes: [] } as const;
    hop.answers.push({ ...answer, ...more });
  }
  return hop;
}

function notesOf(...tallies: readonly HopTally[]): (readonly string[])[] {
  return hopsOf(tallies, flow).map(({ notes }) => notes);
}

it('should blame no hop for answers that hops behind it give', () => {
  const limited = /^2 of 3 not answered, which is no loss of the path: /;
  expect(notesOf(tally(1, 3, ['a']), tally(2, 3, []), tally(3, 3, ['c', 'c', 'c']))).toEqual([
    [expect.stringMatching(limited)],
    ['silent: none of its ICMP messages arrives, but it passes on what hops behind it answer'],
    [],
  ]);
  // Nothing behind it loses less, so it may be the path.
  expect(notesOf(tally(1, 3, ['a']), tally(2, 3, ['b']), tally(3, 3, []))).toEqual([[], [], ['silent']]);
});

it('should name further addresses of a hop, the most frequent as its own', () => {
  const [hop] = hopsOf([tally(1, 3, ['b', 'a', 'a'])], flow);
  expect(hop).toMatchObject({ address: 'a', notes: ['1 of 3 answers came from b'] });
});

it('should tell a way back of another length', () => {
  expect(notesOf(tally(4, 1, ['a'], { ttl: 250 }))).toEqual([
    ['the way back has 6 hops: the answer came with TTL 250, of probably 255'],
  ]);
});

it.each([
  ['that copies nothing', 0b110_000_00],
  ['that copies nothing, and marks its messages itself', 0b010_010_00],
])('should find no change in messages of a router %s', (_, trafficClass) => {
  const [before, at] = [tally(1, 1, ['a'], { trafficClass: COPIED }), tally(2, 1, ['b'], { trafficClass })];
  expect(notesOf(before, at)).toEqual([[], []]);
});

it('should find no change before a hop that has the mark as it was sent', () => {
  const hops = [0b110_000_10, COPIED, 0b001_000_10].map((trafficClass, index) =>
    tally(index + 1, 1, [`router${index + 1}`], { trafficClass }),
  );
  const [first, second, third = []] = notesOf(...hops);
  expect([first, second]).toEqual([[], []]);
  expect(third).toEqual([
    'the mark, DSCP af13 (14), is changed between hop 2 (router2) and here: its ICMP message has DSCP cs1 (8), not 54, ' +
      'so that one of them was changed, there or on the way back',
  ]);
});

it('should tell each change of marks that are told whole once', () => {
  const hops = [14, 14, 8, 8, 0].map((dscp, index) =>
    tally(index + 1, 1, [`router${index + 1}`], { probeTrafficClass: dscp << 2 }),
  );
  const change = 'the mark, DSCP af13 (14), is changed between';
  expect(notesOf(...hops)).toEqual([
    ...[[], []],
    [`${change} hop 2 (router2) and here: the probe arrived with DSCP cs1 (8)`],
    [],
    [`${change} hop 4 (router4) and here: the probe arrived with DSCP 0`],
  ]);
});
