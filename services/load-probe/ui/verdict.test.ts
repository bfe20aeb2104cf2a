import { describe, expect, it } from 'vitest';
import type { TargetState } from '../src/status.ts';
import { statusDocument, targetStatus } from '../test/page-fleet.ts';
import { distrustOf, titleOf, verdictOf } from './verdict.ts';

function verdict(states: readonly TargetState[], trusted = true) {
  const targets = states.map((state, index) => targetStatus(`t${index}`, { state }));
  return verdictOf(statusDocument(targets, { trusted }));
}

describe('verdictOf', () => {
  it('should be up only when every target is', () => {
    expect(verdict(['up', 'up'])).toEqual({
      tone: 'up',
      headline: '2 of 2 targets up',
      down: [],
      pending: [],
    });
    expect(verdict(['up'])).toMatchObject({ tone: 'up', headline: '1 of 1 target up' });
  });

  it('should name what is down', () => {
    expect(verdict(['up', 'down', 'pending'])).toEqual({
      tone: 'down',
      headline: '1 of 3 targets up',
      down: ['t1'],
      pending: ['t2'],
    });
  });

  it('should be unsure while a sample is missing, the probe is late, or there is nothing to watch', () => {
    expect(verdict(['up', 'pending']).tone).toBe('unsure');
    expect(verdict(['up', 'down'], false).tone).toBe('unsure');
    expect(verdict([])).toMatchObject({ tone: 'unsure', headline: 'No targets to watch' });
  });

  it('should start the title with a sign for tabs too narrow for words', () => {
    expect(titleOf(verdict(['up']))).toBe('✓ 1 of 1 target up · load probe');
    expect(titleOf(verdict(['down']))).toBe('✕ 0 of 1 target up · load probe');
  });

  it('should say how late the probe ran', () => {
    expect(distrustOf(1_240)).toContain('up to 1.24 s late');
  });
});
