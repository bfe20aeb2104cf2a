import { expect, it } from 'vitest';
import { MarkTally, SynTally } from './change-tally.ts';

it('should tell how many SYNs were changed, by what, and what the last one was like', () => {
  const tally = new SynTally();
  expect(tally.lines).toEqual([]);
  tally.add({ changes: [], hops: 2, dscp: 46 });
  expect(tally.lines).toEqual([
    '1 of 1 SYN received as sent',
    'the last SYN was received after 2 hops, with DSCP ef (46)',
  ]);
  const mss = { field: 'mss', text: 'MSS 1460 → 1400' } as const;
  tally.add({ changes: [{ field: 'sack', text: 'SACK removed' }, mss], hops: undefined, dscp: 0 });
  tally.add({ changes: [mss], hops: undefined, dscp: 0 });
  tally.add({ unknown: 'no answer' });
  expect(tally.lines).toEqual([
    'changed on the way in 2 of 3 SYNs: MSS 1460 → 1400',
    'changed on the way in 1 of 3 SYNs: SACK removed',
    '1 of 3 SYNs received as sent',
    'the last SYN was received with DSCP 0',
    '1 SYN not known: no answer',
  ]);
  expect(tally.document).toEqual({
    known: 3,
    unchanged: 1,
    changes: [
      { field: 'mss', count: 2, detail: 'MSS 1460 → 1400' },
      { field: 'sack', count: 1, detail: 'SACK removed' },
    ],
    ...{ hops: null, dscp: 0, unknown: 1, unknownDetail: 'no answer' },
  });
});

it('should tell how many marks were changed, and what the last one was like on both ways', () => {
  const tally = new MarkTally();
  tally.add({ changes: [{ field: 'dscp', text: 'DSCP ef (46) → 0' }], dscp: 0, replyDscp: 46 });
  expect(tally.lines).toEqual([
    'changed on the way in 1 of 1 mark: DSCP ef (46) → 0',
    'the last request was received with DSCP 0, its reply with DSCP ef (46)',
  ]);
  tally.add({ unknown: 'the reflector does not tell it' });
  expect(tally.document).toEqual({
    ...{ known: 1, unchanged: 0, changes: [{ field: 'dscp', count: 1, detail: 'DSCP ef (46) → 0' }] },
    ...{ dscp: 0, replyDscp: 46, unknown: 1, unknownDetail: 'the reflector does not tell it' },
  });
});
