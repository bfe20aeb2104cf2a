import { describe, expect, it } from 'vitest';
import { discoveryStatus, peerStatus } from '../../test/page/mesh.ts';
import { goodMinute, targetStatus } from '../../test/page/targets.ts';
import { summaryOf } from '../app/fleet-summary.ts';
import { watchedTargets } from '../list/watched-target.ts';
import { cellTone, discoveryWords, groupState, groupWords, peerGroups } from './peer-groups.ts';

const down = { state: 'down' } as const;
const pending = { state: 'pending', since: null } as const;

function groupOf(...statuses: Parameters<typeof peerStatus>[2][]) {
  const peers = statuses.map((changes, n) => peerStatus('udp', `10.0.0.${n}`, changes));
  return peerGroups([discoveryStatus('udp', { peers: peers.length })], watchedTargets(peers))[0]!;
}

describe('a group of peers', () => {
  it('should have the peers of its target and no others, both flows of one together', () => {
    const targets = watchedTargets([
      targetStatus('udp @ x'),
      peerStatus('udp', 'fd00::7', { id: 'udp @ fd00::7 (sticky)', flow: 'sticky' }),
      peerStatus('udp', 'fd00::7'),
      peerStatus('tcp', 'fd00::7'),
    ]);
    expect(targets.map(({ name, series }) => [name, series.length])).toEqual([
      ['udp @ x', 1],
      ['udp @ fd00::7', 2],
      ['tcp @ fd00::7', 1],
    ]);
    const groups = peerGroups(
      [discoveryStatus('tcp'), discoveryStatus('udp'), discoveryStatus('none')],
      targets,
    );
    expect(groups.map(({ peers }) => peers.map(({ name }) => name))).toEqual([
      ['tcp @ fd00::7'],
      ['udp @ fd00::7'],
      [],
    ]);
  });

  it.each([
    [groupOf({}, {}), 'up', 'All 2 up'],
    [groupOf({}, pending), 'pending', '1 of 2 up'],
    [groupOf({}, pending, down), 'down', '1 of 3 up'],
    [groupOf(), 'pending', 'No peers'],
  ])('should be as bad as the worst of it: %#', (group, state, words) => {
    expect(groupState(group)).toBe(state);
    expect(groupWords(group)).toBe(words);
  });

  it('should say how its peers are found', () => {
    const looking = {
      discovery: discoveryStatus('udp', { peers: 0, lookup: { state: 'pending' } }),
      peers: [],
    };
    expect(groupWords(looking)).toBe('Looking up');
    expect(discoveryWords(looking, 0)).toEqual(['Addresses are looked up every 10 s.']);
    const many = { discovery: discoveryStatus('udp', { peers: 256, omitted: 1 }), peers: [] };
    expect(discoveryWords(many, 0)).toEqual([
      '256 addresses, looked up every 10 s.',
      '1 more is not probed: too many.',
    ]);
    const lookup = { state: 'failing', since: 0, families: ['IPv6'], reason: 'no answer' } as const;
    expect(discoveryWords({ discovery: discoveryStatus('udp', { lookup }), peers: [] }, 120_000)).toEqual([
      '1 address, looked up every 10 s.',
      'IPv6 lookups have failed for 2 min: no answer. The IPv6 peers are those of the last answer.',
    ]);
  });

  it('should not pass for well where peers are not known', () => {
    const tone = (...changes: Parameters<typeof discoveryStatus>[1][]) =>
      summaryOf(
        watchedTargets([targetStatus('lb')]),
        { trusted: true },
        changes.map((change) => discoveryStatus('udp', change)),
      ).tone;
    expect(tone({})).toBe('up');
    expect(tone({ peers: 0 })).toBe('unsure');
    expect(tone({ omitted: 1 })).toBe('unsure');
    expect(tone({ lookup: { state: 'failing', since: 0, families: ['IPv6'], reason: 'x' } })).toBe('unsure');
  });
});

it('should mark a cell that lost samples or missed its SLO', () => {
  const lossy = { ...goodMinute, ok: 59, lossRatio: 1 / 60 };
  const toneOf = (changes: Parameters<typeof peerStatus>[2]) => cellTone(peerStatus('udp', '::1', changes));
  expect(toneOf({})).toBe('up');
  expect(toneOf({ window: lossy })).toBe('strained');
  expect(toneOf({ window: lossy, slo: { maxLossRatio: 0.1, maxP99Ms: null, met: true } })).toBe('up');
  expect(toneOf({ slo: { maxLossRatio: null, maxP99Ms: 1, met: false } })).toBe('strained');
  expect(toneOf({ ...down, window: lossy })).toBe('down');
});
