import { describe, expect, it } from 'vitest';
import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { goodMinute, stickyStatus, sweepReport, targetStatus } from '../../test/page/targets.ts';
import { watchedTargets } from '../list/watched-target.ts';
import { flowFindingOf, lifetime } from './flow-words.ts';
import { targetSinceWords } from './state-words.ts';

const now = Date.now();

function target(fresh: Partial<TargetStatus>, sticky: Partial<TargetStatus>) {
  return watchedTargets([stickyStatus('t', sticky), targetStatus('t', fresh)])[0]!;
}

const failure = (outcome: 'lost' | 'refused', age: number) => ({ at: now - age, outcome, detail: '' });
const down = { state: 'down', since: now - 40_000, failures: [failure('lost', 500)] } as const;
const died = { flowDeaths: [{ at: now - 120_000, ageMs: 41_260, cause: 'timeout' }] } as const;

describe('flowFindingOf', () => {
  it('should say that a path of several is bad, whatever the last sample was, unless all are', () => {
    const swept = (changes: Partial<TargetStatus>) =>
      watchedTargets([targetStatus('t', { flow: 'sweep', sweep: sweepReport(), ...changes })])[0]!;
    for (const state of ['up', 'down'] as const) {
      expect(flowFindingOf(swept({ state }), now)?.headline).toMatch(/^About 1 of 4 paths is dead: /);
      expect(targetSinceWords(swept({ state }), now)).toBe('16 of 64 source ports bad');
    }
    const dead = swept({ ...down, window: { ...goodMinute, ok: 0 } });
    expect(flowFindingOf(dead, now)).toBeNull();
    expect(targetSinceWords(dead, now)).toMatch(/^Down for 40 s \(lost\)/);
  });

  it('should distinguish a dead old flow from failing new flows', () => {
    const oldDead = target({}, down);
    expect(flowFindingOf(oldDead, now)).toMatchObject({
      headline: 'Old flow dead, new flows fine',
      explanation: expect.stringMatching(/^Lost for 40 s, .* stale conntrack or NAT entry, or an ECMP/),
    });
    expect(targetSinceWords(oldDead, now)).toMatch(/^Old flow down for 40 s \(lost\), since \d/);
    const newFail = target({ ...down, failures: [failure('refused', 500)] }, {});
    expect(flowFindingOf(newFail, now)).toMatchObject({
      headline: 'New flows fail, old flow fine',
      explanation: expect.stringMatching(/^Refused for 40 s, /),
    });
    expect(targetSinceWords(newFail, now)).toMatch(/^New flows down for 40 s \(refused\), since \d/);
  });

  it('should say nothing where both flows have the same state, or there is only one', () => {
    expect(flowFindingOf(target({}, {}), now)).toBeNull();
    expect(flowFindingOf(target(down, down), now)).toBeNull();
    expect(flowFindingOf(target({ state: 'pending' }, down), now)).toBeNull();
    expect(flowFindingOf(watchedTargets([targetStatus('t', down)])[0]!, now)).toBeNull();
    expect(targetSinceWords(target({ ...down, since: now - 60_000 }, down), now)).toMatch(/^Down for 1 min/);
  });

  it('should remember for ten minutes that an old flow died alone', () => {
    expect(flowFindingOf(target({}, died), now)).toMatchObject({
      headline: 'Old flow died 2 min ago, new flows were fine',
      hint: 'It had lived 41.3 s: no answer any more.',
    });
    expect(flowFindingOf(target({}, died), now + 600_000)).toBeNull();
    expect(flowFindingOf(target({ failures: [failure('lost', 121_000)] }, died), now)).toBeNull();
    expect(flowFindingOf(target({ failures: [failure('lost', 300_000)] }, died), now)).not.toBeNull();
  });
});

describe('lifetime', () => {
  it.each([
    [240, '200 ms'],
    [41_260, '41.3 s'],
    [59_990, '1 min'],
    [3_600_400, '1 h'],
  ])('should say %s ms as %s', (ms, words) => {
    expect(lifetime(ms)).toBe(words);
  });
});
