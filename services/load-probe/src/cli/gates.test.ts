import { describe, expect, it } from 'vitest';
import {
  allHeld,
  type Evidence,
  type GateResult,
  judge,
  type Limit,
  type Measures,
  percentKey,
  successKey,
  timeLimitKey,
} from './gates.ts';
import { gateLine, gateName } from './report.ts';

const whole: Evidence = { noun: 'sample', total: 40, judged: 40, timed: 40 };

/** The result of a limit for one target, and its line in the report. */
function judged(
  limit: Limit,
  measures: Measures,
  evidence: Evidence,
  minMeasured = 0.5,
): [GateResult, string] {
  const gate = judge(limit, [{ id: 'lb', measures, evidence }], minMeasured);
  return [gate.results[0]!, gateLine(gate, gate.results[0]!)];
}

describe('a gate', () => {
  const p99 = { kind: 'max-p99', limit: 20, text: '20ms' } as const;

  it('should hold up to its limit and name the measured value', () => {
    const targets = [
      { id: 'lb', measures: { 'max-p99': 20 }, evidence: whole },
      { id: 'vpn', measures: { 'max-p99': 20.1 }, evidence: whole },
    ];
    const gate = judge(p99, targets, 0.5);
    expect(gate.results.map(({ held }) => held)).toEqual([true, false]);
    expect(gate.results.map((result) => gateLine(gate, result))).toEqual([
      '--max-p99 20ms held: lb had 20.0 ms',
      '--max-p99 20ms did not hold: vpn had 20.1 ms',
    ]);
    expect(allHeld([gate])).toBe(false);
  });

  it('should not hold where there is nothing to measure', () => {
    const [result, words] = judged(p99, { 'max-p99': undefined }, whole);
    expect(result).toMatchObject({ held: false, reason: 'nothing_measured' });
    expect(words).toBe('--max-p99 20ms did not hold: lb had nothing to measure');
  });

  it.each([
    ['max-loss', 0],
    ['max-p50', 3],
    ['max-p99', 3],
    ['max-jitter', 1],
    ['min-success', 1],
    ['min-success-count', 19],
  ] as const)('should not hold where less than --min-measured was measured: %s', (kind, measured) => {
    const limit = { kind, limit: kind === 'min-success-count' ? 5 : measured, text: 'x' };
    const holds = (judgedSamples: number, minMeasured?: number): GateResult =>
      judged(
        limit,
        { [kind]: measured },
        { ...whole, judged: judgedSamples, timed: judgedSamples },
        minMeasured,
      )[0];
    expect(holds(20)).toMatchObject({ held: true });
    expect(holds(19)).toMatchObject({ held: false, reason: 'not_enough_measured' });
    expect(holds(19, 0.45)).toMatchObject({ held: true });
    expect(holds(39, 1)).toMatchObject({ held: false, reason: 'not_enough_measured' });
  });

  it('should say how much was measured, and how much is enough', () => {
    const share = { kind: 'min-success', limit: 0.95, text: '95%' } as const;
    expect(judged(share, { 'min-success': 1 }, { noun: 'message', total: 40, judged: 6, timed: 6 })[1]).toBe(
      '--min-success 95% did not hold: lb had 100%, but not enough was measured: 6 of 40 messages, less than 50%',
    );
  });

  it('should not hold while a sample has waited longer than every other sample took', () => {
    const [result, words] = judged(p99, { 'max-p99': 3 }, { ...whole, overdueMs: 4_620 });
    expect(result).toMatchObject({ measured: 3, held: false, reason: 'still_waiting' });
    expect(words).toBe(
      '--max-p99 20ms did not hold: lb had 3.00 ms, but what was under way had waited for 4.62 s, longer than the others took',
    );
    expect(judged(p99, { 'max-p99': 21 }, { ...whole, overdueMs: 4_620 })[0].reason).toBe('limit');
  });

  it('should hold a minimum from its limit up', () => {
    const share = { ...successKey('').parse('95%'), text: '95%' };
    const number = { ...successKey('').parse('95'), text: '95' };
    const measures = { 'min-success': 0.95, 'min-success-count': 94 };
    expect(judged(share, measures, whole)[0].held).toBe(true);
    expect(gateName(number)).toBe('--min-success 95');
    expect(judged(number, measures, whole)[1]).toBe('--min-success 95 did not hold: lb had 94');
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
