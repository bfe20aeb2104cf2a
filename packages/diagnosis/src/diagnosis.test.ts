import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Name } from './beliefs.ts';
import { Beliefs } from './beliefs.ts';
import { type Cause, causeNames } from './causes.ts';
import { CONFIDENCE, Diagnosis } from './diagnosis.ts';
import { type Observation, observed, seen } from './evidence.ts';
import { type Experiment, experiments, type Need, needs } from './experiments.ts';
import { hypotheses } from './hypotheses.ts';
import { lossLikelihoods } from './loss-evidence.ts';
import { type OutcomeOf, outcomesOf, type Question, questionNames } from './questions.ts';

const RUNS = 60;
const WITH_REPLIES = ['all', 'some_lost', 'mixed'];

/** Numbers from 0 to 1, the same in each run: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function randomNumbers(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 32n) / 2 ** 32;
  };
}

type Draw = (question: Question) => string;

/** Outcomes as a hypothesis predicts them. */
function drawsOf(causes: readonly Cause[], random: () => number): Draw {
  const { probabilities } = hypotheses.find((each) => String(each.causes) === String(causes))!;
  return (question) => {
    let left = random();
    const index = probabilities[question].findIndex((probability) => {
      left -= probability;
      return left < 0;
    });
    return outcomesOf(question).at(index)!;
  };
}

/** Does what `Diagnosis` asks for until it asks for nothing. */
function diagnose(draw: Draw, offered: readonly Need[] = needs): Diagnosis {
  const diagnosis = new Diagnosis();
  const offers = new Set<Need>(offered.filter((need) => need !== 'replies' && need !== 'refusal'));
  for (;;) {
    const experiment = diagnosis.next(offers);
    if (experiment === undefined) return diagnosis;
    const answers = experiments[experiment].asks.map((question) => seenAs(question, draw(question)));
    diagnosis.observe(experiment, answers);
    for (const { evidence, question } of answers) {
      const [outcome = ''] = Object.keys(evidence);
      if (question === 'name' && outcome.startsWith('no_')) offers.clear();
      if (question !== 'reply') continue;
      if (WITH_REPLIES.includes(outcome)) offers.add('replies');
      if (outcome === 'refused' && offered.includes('refusal')) offers.add('refusal');
    }
  }
}

function seenAs(question: Question, outcome: string): Observation {
  return seen(question, outcome as OutcomeOf<Question>, '');
}

function namesOf(runs: number, draw: () => Draw, offered?: () => readonly Need[]): Map<Name, number> {
  const counts = new Map<Name, number>();
  for (let run = 0; run < runs; run += 1) {
    const { name } = diagnose(draw(), offered?.()).conclusion;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

describe('a diagnosis', () => {
  const wrong = new Map<Cause, number>();

  it.each(causeNames)('should lead from what %s predicts to it, or to unknown', (cause) => {
    const random = randomNumbers(7);
    const names = namesOf(RUNS, () => drawsOf([cause], random));
    const right = names.get(cause) ?? 0;
    wrong.set(cause, RUNS - right - (names.get('unknown') ?? 0));
    expect(right / RUNS, JSON.stringify([...names])).toBeGreaterThan(0.3);
  });

  it('should name a wrong cause in a thousandth of all', () => {
    const total = [...wrong.values()].reduce((sum, count) => sum + count, 0);
    expect(wrong.size).toBe(causeNames.length);
    expect(total / (RUNS * causeNames.length), JSON.stringify([...wrong])).toBeLessThanOrEqual(0.001);
  });

  it('should be less exact where the target offers less, and not wrong', () => {
    const random = randomNumbers(11);
    const wrong: string[] = [];
    for (const cause of causeNames) {
      const offered = (): Need[] => needs.filter((need) => need === 'address' || random() < 0.5);
      const names = namesOf(20, () => drawsOf([cause], random), offered);
      // What no experiment of these can show looks healthy.
      for (const name of names.keys()) {
        if (name !== cause && name !== 'unknown' && name !== 'healthy') wrong.push(`${cause}: ${name}`);
      }
    }
    expect(wrong.length, wrong.join(', ')).toBeLessThanOrEqual(1);
  });

  it('should name the first of two causes on the way of a packet, or none', () => {
    const random = randomNumbers(13);
    const pairs = hypotheses.filter(({ causes }) => causes.length === 2);
    let strangers = 0;
    for (const { causes } of pairs) {
      const { name, others } = diagnose(drawsOf(causes, random)).conclusion;
      const named = [name, ...others].filter((each) => each !== 'unknown');
      if (!named.every((each) => (causes as readonly Name[]).includes(each))) strangers += 1;
    }
    expect(strangers / pairs.length).toBeLessThan(0.02);
  });

  it('should end as unknown where answers fit no cause', () => {
    const random = randomNumbers(17);
    const anything: Draw = (question) =>
      outcomesOf(question)[Math.floor(random() * outcomesOf(question).length)]!;
    const offered = (): Need[] => needs.filter((need) => need !== 'name' && need !== 'several_addresses');
    const names = namesOf(200, () => anything, offered);
    expect((names.get('unknown') ?? 0) / 200, JSON.stringify([...names])).toBeGreaterThan(0.75);
  });

  it('should stay healthy with the noise of a path', () => {
    const diagnosis = new Diagnosis();
    const { all, nothing, part } = lossLikelihoods({ lost: 1, of: 300 });
    const noisy = observed('reply', { all: nothing, some_lost: part, no_answer: all }, '');
    const offers = new Set<Need>(['address', 'replies', 'lasting_flow', 'source_ports', 'sizes']);
    for (let next = diagnosis.next(offers); next !== undefined; next = diagnosis.next(offers)) {
      const { asks } = experiments[next];
      diagnosis.observe(
        next,
        asks.map((question) => (question === 'reply' ? noisy : seenAs(question, outcomesOf(question)[0]!))),
      );
    }
    const { name, untested } = diagnosis.conclusion;
    expect(name).toBe('healthy');
    // What only marks and a name could show.
    expect(untested).toEqual(expect.arrayContaining(['dscp_policed', 'dns_partial']));
    expect(untested).not.toContain('mtu_hole');
  });

  it('should rule out what it does not name', () => {
    const draw: Draw = (question) => (question === 'reply' ? 'no_answer' : outcomesOf(question)[0]!);
    const { confidence, name, ruledOut } = diagnose(draw).conclusion;
    expect(name).toBe('filtered_drop');
    expect(confidence).toBeGreaterThanOrEqual(CONFIDENCE);
    expect(ruledOut).toContain('refused');
    expect(ruledOut).not.toContain('filtered_drop');
  });

  it('should begin nothing that takes longer than the time that is left', () => {
    expect(new Diagnosis().next(new Set(['address']), 1)).toBeUndefined();
    expect(new Diagnosis().next(new Set(['address']), 2)).toBe('fresh');
  });
});

describe('beliefs', () => {
  const outcomes = questionNames.flatMap((question) =>
    outcomesOf(question).map((outcome): [Question, string] => [question, outcome]),
  );
  const answers = fc.uniqueArray(fc.constantFrom(...outcomes), { selector: ([question]) => question });

  it('should not depend on the order of what was observed', () => {
    const mixed = answers.chain((given) =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
    );
    fc.assert(
      fc.property(mixed, ([given, shuffled]) => {
        const [one, other] = [given, shuffled].map((list) => {
          const beliefs = new Beliefs();
          for (const [question, outcome] of list) beliefs.observe(seenAs(question, outcome));
          return beliefs.weights;
        });
        for (const [index, weight] of one!.entries()) expect(weight).toBeCloseTo(other![index]!, 9);
      }),
      { numRuns: 30 },
    );
  });

  it('should sum up to 1, whatever was seen', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const beliefs = new Beliefs();
        for (const [question, outcome] of given) beliefs.observe(seenAs(question, outcome));
        const total = beliefs.names().reduce((sum, { probability }) => sum + probability, 0);
        expect(total).toBeCloseTo(1, 9);
      }),
      { numRuns: 30 },
    );
  });

  it('should refuse evidence that speaks for nothing', () => {
    expect(() => new Beliefs().observe(observed('idle', {}, ''))).toThrow(
      'the evidence on idle speaks for no outcome',
    );
  });
});

it('should ask each question by one experiment', () => {
  const asked = (Object.keys(experiments) as Experiment[]).flatMap(
    (name): readonly Question[] => experiments[name].asks,
  );
  expect([...asked].sort()).toEqual([...questionNames].sort());
});
