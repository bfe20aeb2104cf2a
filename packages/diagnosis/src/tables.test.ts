import { describe, expect, it } from 'vitest';
import { causeNames, causeSpec } from './causes.ts';
import { hypotheses } from './hypotheses.ts';
import { outcomesOf, type Question, questionNames, questions } from './questions.ts';

type Shares = Readonly<Record<string, number>>;

function total(shares: Shares): number {
  return Object.values(shares).reduce((sum, share) => sum + share, 0);
}

describe('the tables', () => {
  it.each(causeNames)('should predict, of %s, outcomes that there are, together 1', (cause) => {
    for (const [question, shares] of Object.entries(causeSpec(cause).predicts)) {
      expect(outcomesOf(question as Question)).toEqual(expect.arrayContaining(Object.keys(shares)));
      expect(total(shares), `${cause}: ${question}`).toBeCloseTo(1, 9);
    }
  });

  it('should say for each question what is usual, together 1', () => {
    for (const question of questionNames) {
      expect(total(questions[question].usual), question).toBeCloseTo(1, 9);
      expect(outcomesOf(question)).toEqual(expect.arrayContaining(Object.keys(questions[question].usual)));
    }
  });

  it('should have no two causes that predict the same', () => {
    const all = causeNames.map((cause) => JSON.stringify(causeSpec(cause).predicts));
    expect(new Set(all).size).toBe(all.length);
  });

  it('should give each hypothesis a distribution over every question, with nothing impossible', () => {
    for (const { causes, probabilities } of hypotheses) {
      for (const question of questionNames) {
        const sum = probabilities[question].reduce((all, each) => all + each, 0);
        expect(sum, `${causes}: ${question}`).toBeCloseTo(1, 9);
        expect(Math.min(...probabilities[question])).toBeGreaterThan(0);
      }
    }
    expect(hypotheses.reduce((sum, { prior }) => sum + prior, 0)).toBeCloseTo(1, 9);
  });
});
