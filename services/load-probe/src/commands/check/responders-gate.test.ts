import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateLine } from '../../cli/report.ts';
import { ResponderTally } from '../../stats/responder-tally.ts';
import { judgeResponders, respondersKey } from './responders-gate.ts';

const { parse } = respondersKey('');

function tallyOf(counts: Readonly<Record<string, number>>): ResponderTally {
  const tally = new ResponderTally();
  for (const [name, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index += 1) tally.add({ name, fields: `pod=${name}` });
  }
  return tally;
}

/** The line of the gate. */
function judged(text: string, counts: Readonly<Record<string, number>>, more = 0): string {
  const who = tallyOf(counts);
  const gate = judgeResponders(parse(text), text, [{ id: 'lb', samples: who.known + more, who }], 0.5);
  return gateLine(gate, gate.results[0]!);
}

describe('--responders', () => {
  it.each([
    ['2', { a: 5, b: 1 }, 0, '--responders 2 held: lb had 2 responders: a, b'],
    ['3', { a: 5, b: 1 }, 0, '--responders 3 did not hold: lb had 2 responders: a, b'],
    ['1', { a: 5, b: 1 }, 0, '--responders 1 did not hold: lb had 2 responders: a, b'],
    ['2', {}, 4, '--responders 2 did not hold: lb had nothing to measure'],
    [
      ...(['1', { a: 1 }, 2] as const),
      '--responders 1 did not hold: lb had 1 responder: a, but who answered is known of 1 of 3 samples, less than 50%',
    ],
    [
      ...(['a=70%,b=30%', { a: 704, b: 296 }, 0] as const),
      '--responders a=70%,b=30% held: lb had 2 responders: a 70.4% (65.46% to 75.03%), b 29.6% (24.97% to 34.54%)',
    ],
    [
      ...(['a=70%,b=30%', { a: 500, b: 500 }, 0] as const),
      '--responders a=70%,b=30% did not hold: lb had 2 responders: a 50% (44.76% to 55.24%), b 50% (44.76% to 55.24%)',
    ],
    [
      ...(['a=70%,b=30%', { b: 7, a: 13 }, 0] as const),
      '--responders a=70%,b=30% did not hold: lb had 2 responders: a 65% (27.43% to 92.31%), b 35% (7.69% to 72.57%), but these intervals of 99.9% are too wide: take more samples',
    ],
    [
      ...(['a=70%,b=30%', { a: 700, c: 300 }, 0] as const),
      '--responders a=70%,b=30% did not hold: lb had 2 responders: a 70% (65.04% to 74.65%), c 30% (25.35% to 34.96%)',
    ],
  ])('should be judged by what is known: %s of %j', (text, counts, more, line) => {
    expect(judged(text, counts, more)).toBe(line);
  });

  it.each(['', '0', '65', '1.5', 'a', 'a=70%', 'a=70%,b=40%', 'a=50%,a=50%', 'a=100%,b=0%', '=100%', 'a=x'])(
    'should refuse %j',
    (text) => {
      expect(() => parse(text)).toThrow(/^must be a number from 1 to 64, or shares that are 100% together/);
    },
  );

  it('should count every answer once, of a bounded number of responders', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 500 }), (answers) => {
        const tally = new ResponderTally();
        for (const answer of answers) tally.add({ name: `${answer}`, fields: `pod=${answer}` });
        const { known, other, responders } = tally;
        expect(known).toBe(answers.length);
        expect(responders.reduce((sum, { count }) => sum + count, other)).toBe(known);
        expect(responders.length).toBe(Math.min(64, new Set(answers).size));
      }),
    );
  });
});
