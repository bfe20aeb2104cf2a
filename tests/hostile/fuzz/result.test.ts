import { describe, expect, it } from 'vitest';
import { parser as broken } from './fixtures/broken-parser.ts';
import { loadParser, parserNames, urlOf } from './parsers.ts';
import { shortcomings } from './result.ts';
import { runExplorer } from './run-explorer.ts';

/** What SECURITY.md says of all parsers together. */
const ALL_INPUTS = 1_000_000;

const parsers = await Promise.all(parserNames.map((name) => loadParser(urlOf(name))));
const enough = { inputs: 100, seconds: 1, coverage: { before: 0, after: 90, of: 100, missing: [] } };
const judged = { ...broken, inputs: { brief: 100, full: 100 }, leastCoverage: { brief: 80, full: 90 } };

describe('the parsers', () => {
  it('should be tried with more than a million inputs in all', () => {
    const inputs = parsers.reduce((sum, parser) => sum + parser.inputs.full, 0);
    expect(inputs).toBeGreaterThan(ALL_INPUTS);
  });

  it.each(parsers.map((parser) => [parser.name, parser] as const))(
    'should have a floor for what is tried and for what runs: %s',
    (_name, parser) => {
      // A batch or more beyond the seeds and the corpus.
      expect(parser.inputs.brief).toBeGreaterThanOrEqual(300);
      expect(parser.leastCoverage.brief).toBeGreaterThan(60);
      expect(parser.leastCoverage.full).toBeGreaterThanOrEqual(parser.leastCoverage.brief);
      expect(parser.covers.length).toBeGreaterThan(0);
    },
  );
});

describe('the verdict', () => {
  it('should find nothing short of what it wants', () => {
    expect(shortcomings(judged, 'full', enough)).toEqual([]);
    expect(shortcomings(judged, 'brief', enough)).toEqual([]);
  });

  it.each([
    ['full', { ...enough, inputs: 99 }, 'only 99 inputs were tried in 1 s, at least 100 must be.'],
    ['brief', { ...enough, inputs: 99 }, 'only 99 inputs were tried in 1 s, at least 100 must be.'],
    [
      'full',
      { ...enough, coverage: { ...enough.coverage, after: 89 } },
      '89.0 % of the source ran, at least 90 % must.',
    ],
    [
      'brief',
      { ...enough, coverage: { ...enough.coverage, after: 0, of: 0 } },
      '0.0 % of the source ran, at least 80 % must.',
    ],
    [
      'brief',
      { ...enough, coverage: { ...enough.coverage, missing: ['src/renamed.ts'] } },
      'nothing of src/renamed.ts ran; covers must name what the parser runs.',
    ],
  ] as const)('should say what a run of scale %s lacks', (scale, exploring, expected) => {
    expect(shortcomings(judged, scale, exploring)).toEqual([`broken: ${expected}`]);
  });
});

describe('an exploration', () => {
  const exploration = {
    parserUrl: new URL('./fixtures/missing-source.ts', import.meta.url).href,
    ...{ seed: 1, corpus: [], inputs: 1_000, seconds: 0, leastInputs: 300, hangSeconds: 30 },
  };

  it('should go on beyond its time until the least of its inputs were tried', async () => {
    expect((await runExplorer(exploration)).inputs).toBe(300);
    expect((await runExplorer({ ...exploration, leastInputs: 0 })).inputs).toBe(0);
  });

  it('should name the sources of a parser that nothing ran of', async () => {
    const { coverage } = await runExplorer(exploration);
    expect(coverage.missing).toEqual(['tests/hostile/fuzz/renamed.ts', 'node_modules/no-such-package/']);
    expect(coverage.after).toBeGreaterThan(0);
  });
});
