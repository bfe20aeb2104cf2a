import { describe, expect, it } from 'vitest';
import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { stickyStatus, targetStatus } from '../../test/page/targets.ts';
import { watchedTargets } from '../list/watched-target.ts';
import { distrustOf, summaryOf, titleOf } from './fleet-summary.ts';

function summary(changes: readonly Partial<TargetStatus>[], trusted = true) {
  const statuses = changes.map((change, index) => targetStatus(`t${index}`, change));
  return summaryOf(watchedTargets(statuses), { trusted });
}

const up = { state: 'up' } as const;
const down = { state: 'down' } as const;
const pending = { state: 'pending' } as const;
const violated = { slo: { maxLossRatio: 0, maxP99Ms: null, met: false } };

describe('summaryOf', () => {
  it('should be up only when every target is', () => {
    expect(summary([up, up])).toEqual({ tone: 'up', headline: '2 of 2 targets up', concerns: [] });
    expect(summary([up])).toMatchObject({ tone: 'up', headline: '1 of 1 target up' });
  });

  it('should name the targets that are down', () => {
    expect(summary([up, down, pending])).toEqual({
      tone: 'down',
      headline: '1 of 3 targets up',
      concerns: [
        { label: 'Down', names: ['t1'] },
        { label: 'Waiting for a first sample', names: ['t2'] },
      ],
    });
  });

  it('should count a target of two flows once, and say which of them fails', () => {
    const targets = watchedTargets([
      targetStatus('a'),
      stickyStatus('a', down),
      targetStatus('b', down),
      stickyStatus('b'),
      targetStatus('c', down),
      stickyStatus('c', down),
      targetStatus('d'),
      stickyStatus('d'),
    ]);
    expect(summaryOf(targets, { trusted: true })).toEqual({
      tone: 'down',
      headline: '1 of 4 targets up',
      concerns: [
        { label: 'Down', names: ['c'] },
        { label: 'Old flow dead', names: ['a'] },
        { label: 'New flows fail', names: ['b'] },
      ],
    });
  });

  it('should be strained by a broken promise of a target that is up, and only then', () => {
    expect(summary([up, violated])).toMatchObject({
      tone: 'strained',
      headline: '2 of 2 targets up',
      concerns: [{ label: 'SLO violated', names: ['t1'] }],
    });
    expect(summary([up, { ...down, ...violated }]).concerns).toEqual([{ label: 'Down', names: ['t1'] }]);
    expect(summary([{ slo: { maxLossRatio: 0, maxP99Ms: null, met: true } }]).tone).toBe('up');
  });

  it('should be unsure while a sample is missing, the probe is late, or there is nothing to watch', () => {
    expect(summary([up, pending]).tone).toBe('unsure');
    expect(summary([up, down], false).tone).toBe('unsure');
    expect(summary([])).toMatchObject({ tone: 'unsure', headline: 'No targets to watch' });
  });

  it('should start the title with a sign for tabs too narrow for words', () => {
    expect(titleOf(summary([up]))).toBe('✓ 1 of 1 target up · load probe');
    expect(titleOf(summary([down]), 't0')).toBe('✕ 0 of 1 target up · t0 · load probe');
  });

  it('should say how late the probe ran', () => {
    expect(distrustOf(1_240)).toContain('up to 1.24 s late');
  });
});
