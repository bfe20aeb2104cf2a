import type { SentSyn } from '@echo-daytime/linux';
import { describe, expect, it } from 'vitest';
import { readSynLine } from '../payload/syn-line.ts';
import { compareSyns } from './syn-changes.ts';

const LINE = 'syn mss=1460 wscale=7 sack=yes timestamps=yes ttl=61 dscp=46 peer=[2001:db8::1]:40000';
const SYN = {
  ...{ mss: 1460, windowScale: 7, sack: true, timestamps: true, ttl: 61, dscp: 46 },
  peer: { address: '2001:db8::1', port: 40_000 },
};
const SENT: SentSyn = { ...SYN, scalesWindow: true, ttl: 64 };
const LOCAL = SYN.peer;

describe('readSynLine', () => {
  it.each([
    [LINE, SYN],
    [`${LINE} new=field`, SYN],
    [LINE.replace('1460', 'none').replace('=7', '=none'), { ...SYN, mss: undefined, windowScale: undefined }],
    ['syn unavailable', { unknown: 'the target says that it is unavailable' }],
  ])('should read %s', (line, expected) => {
    expect(readSynLine(line)).toEqual(expected);
  });

  it.each([
    '',
    'syn',
    'Friday, November 20, 2026 07:13:05-UTC',
    LINE.slice(1),
    LINE.replace('1460', '65536'),
    LINE.replace('ttl=61', 'ttl='),
    LINE.replace('ttl=61 ', ''),
    LINE.replace('dscp=46', 'dscp=64'),
    LINE.replace('sack=yes', 'sack=maybe'),
    LINE.replace('[2001:db8::1]', 'name'),
    LINE.replace(':40000', ''),
  ])('should read no SYN in %j', (line) => {
    expect(readSynLine(line)).toEqual({
      unknown: expect.stringMatching(/^the target answered ".*": it is no session with TCP_SAVE_SYN=on$/),
    });
  });
});

describe('compareSyns', () => {
  const changesOf = (sent: SentSyn | undefined, received: Partial<typeof SYN>): readonly string[] => {
    const report = compareSyns(sent, LOCAL, { ...SYN, ...received });
    return 'changes' in report ? report.changes.map(({ text }) => text) : [];
  };

  it('should name nothing where nothing was changed, and count hops', () => {
    expect(compareSyns(SENT, LOCAL, SYN)).toEqual({ changes: [], hops: 3, dscp: 46 });
  });

  it('should name everything that was changed', () => {
    const other = { address: '192.0.2.1', port: 1 };
    const received = {
      mss: 1400,
      windowScale: 2,
      sack: false,
      timestamps: false,
      ttl: 128,
      dscp: 0,
      peer: other,
    };
    expect(changesOf(SENT, received)).toEqual([
      'MSS 1460 → 1400',
      'window scale 7 → 2',
      'SACK removed',
      'timestamps removed',
      'TTL 64 → 128',
      'DSCP ef (46) → 0',
      'source address 2001:db8::1 → 192.0.2.1 (NAT or a proxy)',
    ]);
  });

  it('should name what was added, what was taken away, and another port', () => {
    const sent = { ...SENT, sack: false, timestamps: false, scalesWindow: false, windowScale: undefined };
    expect(changesOf(sent, {})).toEqual(['window scale added', 'SACK added', 'timestamps added']);
    expect(changesOf(SENT, { mss: undefined as never })).toEqual(['MSS 1460 removed']);
    expect(changesOf(SENT, { peer: { ...LOCAL, port: 1_024 } })).toEqual([
      'source port 40000 → 1024 (NAT or a proxy)',
    ]);
  });

  it('should compare only what this host knows of its own SYN, and addresses without their zone', () => {
    const nothing = { ...SYN, scalesWindow: undefined };
    for (const name of Object.keys(nothing) as (keyof typeof nothing)[]) nothing[name] = undefined as never;
    const received = { ...SYN, mss: 1, windowScale: 1, sack: false, ttl: 255, dscp: 1 };
    for (const sent of [undefined, nothing]) {
      expect(compareSyns(sent, LOCAL, received)).toEqual({ changes: [], hops: undefined, dscp: 1 });
    }
    const zoned = { ...SYN, peer: { address: 'fe80::1%a', port: 1 } };
    expect(compareSyns(SENT, { address: 'fe80::1%b', port: 1 }, zoned)).toMatchObject({ changes: [] });
  });
});
