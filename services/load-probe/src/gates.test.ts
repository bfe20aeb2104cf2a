import { describe, expect, it } from 'vitest';
import { allHeld, gateName, judge, percentKey, successKey, timeLimitKey, verdictWords } from './gates.ts';

describe('a gate', () => {
  const p99 = { kind: 'max-p99', limit: 20, text: '20ms' } as const;

  it('should hold up to its limit and name the measured value', () => {
    const gate = judge(p99, [
      { id: 'lb', measures: { 'max-p99': 20 } },
      { id: 'vpn', measures: { 'max-p99': 20.1 } },
    ]);
    expect(gate.verdicts.map(({ held }) => held)).toEqual([true, false]);
    expect(gate.verdicts.map((verdict) => verdictWords(gate, verdict))).toEqual([
      '--max-p99 20ms held: lb had 20.0 ms',
      '--max-p99 20ms did not hold: vpn had 20.1 ms',
    ]);
    expect(allHeld([gate])).toBe(false);
  });

  it('should not hold where there is nothing to measure', () => {
    const gate = judge(p99, [{ id: 'lb', measures: { 'max-p99': undefined } }]);
    expect(gate.verdicts).toEqual([{ target: 'lb', measured: undefined, held: false }]);
    expect(verdictWords(gate, gate.verdicts[0]!)).toBe(
      '--max-p99 20ms did not hold: lb had nothing to measure',
    );
  });

  it('should want at least what a minimum says', () => {
    const share = { ...successKey('').parse('95%'), text: '95%' };
    const number = { ...successKey('').parse('95'), text: '95' };
    const lb = { id: 'lb', measures: { 'min-success': 0.95, 'min-success-count': 94 } };
    expect(allHeld([judge(share, [lb])])).toBe(true);
    const gate = judge(number, [lb]);
    expect(gateName(gate)).toBe('--min-success 95');
    expect(verdictWords(gate, gate.verdicts[0]!)).toBe('--min-success 95 did not hold: lb had 94');
  });
});

describe('a limit', () => {
  it.each([
    ['500us', 0.5],
    ['20ms', 20],
    ['1.5s', 1_500],
  ])('should read the time %s', (text, milliseconds) => {
    expect(timeLimitKey('').parse(text)).toBe(milliseconds);
  });

  it.each(['', '0ms', '20', '20 ms', '-1ms', '1m', 'fast'])('should refuse the time %j', (text) => {
    expect(() => timeLimitKey('').parse(text)).toThrow('must be a time such as 500us, 20ms or 1.5s');
  });

  it.each(['1', '101%', '-1%', '%', '1 %'])('should refuse the percentage %j', (text) => {
    expect(() => percentKey('0%', '').parse(text)).toThrow('must be a percentage from 0% to 100%');
  });

  it.each(['0', '1.5', 'all', '101%'])('should refuse the success %j', (text) => {
    expect(() => successKey('').parse(text)).toThrow(
      'must be a number of samples such as 95, or a percentage',
    );
  });
});
