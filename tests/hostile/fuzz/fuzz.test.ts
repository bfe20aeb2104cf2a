import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../harness/collect-garbage.ts';
import { trackedFiles } from '../../repo/tracked-files.ts';
import { runScenario } from '../scenario.ts';
import { brokenPromises } from '../table.ts';
import { AllocationMeter } from './cost.ts';
import { ways } from './fixtures/allocating-parser.ts';
import { parser as broken } from './fixtures/broken-parser.ts';
import { loadParser, parserNames, urlOf } from './parsers.ts';
import { type Exploration, type Exploring, runExplorer } from './run-explorer.ts';
import { fuzzScenarios, shortcomings } from './scenarios.ts';

/** The number of inputs for all parsers together that SECURITY.md states. */
const ALL_INPUTS = 1_000_000;
/** Maximum tries: V8 may abort the whole process where it should end one thread, which this project can't prevent. */
const ATTEMPTS = 3;
const EXPLORE_APART = fileURLToPath(new URL('./fixtures/explore-apart.ts', import.meta.url));

const exploration: Exploration = {
  parserUrl: new URL('./fixtures/broken-parser.ts', import.meta.url).href,
  ...{ seed: 7, corpus: [], inputs: 400, thorough: true, hangSeconds: 15 },
};
const parsers = await Promise.all(parserNames.map((name) => loadParser(urlOf(name))));

/** Explores in a process of its own: a thread whose heap is full, or that is terminated, may end its process too. */
async function exploreApart(more: Partial<Exploration>): Promise<Exploring> {
  for (let attempt = 1; ; attempt += 1) {
    const args = [
      '--disable-warning=ExperimentalWarning',
      EXPLORE_APART,
      JSON.stringify({ ...exploration, ...more }),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (code === 0) return JSON.parse(said) as Exploring;
    if (attempt === ATTEMPTS) throw new Error(`ended with exit code ${code} ${ATTEMPTS} times`);
  }
}

it.each(fuzzScenarios.map((scenario) => [scenario.name, scenario] as const))(
  'should hold: %s',
  async (_name, scenario) => {
    expect(brokenPromises(await runScenario(scenario, 'brief'))).toEqual([]);
  },
);

describe('the parsers', () => {
  it('should be tried with more than a million inputs in all', () => {
    expect(parsers.reduce((sum, parser) => sum + parser.inputs.full, 0)).toBeGreaterThan(ALL_INPUTS);
  });

  it('should have a corpus each', () => {
    const files = trackedFiles.filter((path) => path.startsWith('tests/hostile/fuzz/corpus/'));
    expect(files).toEqual([...parserNames].sort().map((name) => `tests/hostile/fuzz/corpus/${name}.txt`));
  });

  it.each(parsers.map((parser) => [parser.name, parser] as const))(
    'should have a minimum of inputs and of coverage: %s',
    (_name, parser) => {
      // Beyond the seeds and the corpus.
      expect(parser.inputs.brief).toBeGreaterThanOrEqual(300);
      expect(parser.leastCoverage).toBeGreaterThan(60);
    },
  );
});

describe('shortcomings', () => {
  const judged = { ...broken, inputs: { brief: 100, full: 100 }, leastCoverage: 90 };
  const enough = { inputs: 100, seconds: 1, coverage: { before: 0, after: 90, of: 100, missing: [] } };

  it.each([
    [enough, []],
    [{ ...enough, inputs: 99 }, ['only 99 inputs were tried in 1 s, at least 100 must be.']],
    [
      { ...enough, coverage: { ...enough.coverage, after: 89 } },
      ['89.0 % of the source ran, at least 90 % must.'],
    ],
    [
      { ...enough, coverage: { ...enough.coverage, missing: ['src/renamed.ts'] } },
      ['nothing of src/renamed.ts ran; covers must name what the parser runs.'],
    ],
  ])('should name the shortcomings of a run: %j', (exploring, expected) => {
    expect(shortcomings(judged, 'full', exploring)).toEqual(expected.map((what) => `broken: ${what}`));
  });
});

describe('exploring', () => {
  it('should find inputs that throw or copy too much, each once, and name files without code that ran', async () => {
    const { findings, inputs, coverage } = await runExplorer(exploration);
    expect(inputs).toBe(400);
    expect(coverage.missing).toEqual(['tests/hostile/fuzz/renamed.ts']);
    const inputOf = (what: RegExp) =>
      findings.filter((finding) => what.test(finding.what)).map(({ input }) => input);
    expect(inputOf(/^Error: thrown/)).toEqual([expect.stringContaining('throw')]);
    expect(inputOf(/^allocated 10000000 bytes outside of the heap/)).toEqual([
      expect.stringContaining('copy'),
    ]);
    expect(findings).toHaveLength(2);
  });

  it('should find an input that takes long', async () => {
    const { findings } = await runExplorer({ ...exploration, corpus: ['harmless!spin'], inputs: 0 });
    const what = expect.stringMatching(/^took \d+ ms and \d+ bytes of heap for 13 bytes$/);
    expect(findings).toEqual([{ input: 'harmless!spin', what }]);
  });

  it.each([
    ['harmless!hang', 'hangs for more than 2 s', 2],
    // A busy machine takes its time to fill the memory.
    ['harmless!eat', expect.stringMatching(/memory limit/), 150],
  ])('should survive %s, and report it', async (input, what, hangSeconds) => {
    expect((await exploreApart({ corpus: [input], hangSeconds })).findings).toEqual([{ input, what }]);
  });

  it('should try the same inputs with the same seed, reach more code than the seeds, and keep such inputs', async () => {
    const explore = async (seed: number) => {
      const {
        seconds: _,
        cpuSeconds: __,
        ...explored
      } = await runExplorer({
        ...exploration,
        parserUrl: urlOf('proxy-header'),
        ...{ seed, inputs: 1_500 },
      });
      return explored;
    };
    const [one, again, other] = await Promise.all([explore(1), explore(1), explore(2)]);
    expect(again).toEqual(one);
    expect(other.corpus).not.toEqual(one.corpus);
    expect(one.coverage.after).toBeGreaterThan(one.coverage.before);
    expect(one.corpus.length).toBeGreaterThan(
      parsers.find(({ name }) => name === 'proxy-header')!.seeds.length,
    );
  });
});

describe('the meter', () => {
  it.each(Object.entries(ways))('should measure allocations outside of the heap: %s', (way, allocate) => {
    using meter = new AllocationMeter();
    // V8 could free memory of other tests during the measurement. The second collection ends the sweep of the first.
    collectGarbage();
    collectGarbage();
    const mark = meter.mark();
    const kept = allocate();
    const { outside, heap } = meter.since(mark);
    expect(way === 'numbers in the heap' ? heap : outside).toBeGreaterThan(2_000_000);
    expect(kept).not.toBe(meter);
  });

  it('should count every allocated byte, and no view', () => {
    using meter = new AllocationMeter();
    const mark = meter.mark();
    const bytes = new ArrayBuffer(3_000_000);
    const view = new Uint8Array(bytes);
    Buffer.from(bytes);
    Buffer.from(view.subarray(1));
    expect(view).toBeInstanceOf(Uint8Array);
    expect(meter.since(mark).outside).toBeGreaterThanOrEqual(5_999_999);
    expect(meter.since(mark).outside).toBeLessThan(6_500_000);
  });

  it('should restore everything that it replaced', () => {
    const before = [Buffer.alloc, Buffer.allocUnsafeSlow, Uint8Array, ArrayBuffer];
    new AllocationMeter()[Symbol.dispose]();
    expect([Buffer.alloc, Buffer.allocUnsafeSlow, Uint8Array, ArrayBuffer]).toEqual(before);
  });
});
