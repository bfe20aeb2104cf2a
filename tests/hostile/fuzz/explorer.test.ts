import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadParser, urlOf } from './parsers.ts';
import { type Exploration, type Exploring, runExplorer } from './run-explorer.ts';

const broken: Exploration = {
  parserUrl: new URL('./fixtures/broken-parser.ts', import.meta.url).href,
  seed: 7,
  corpus: [],
  inputs: 400,
  seconds: 60,
  leastInputs: 0,
  hangSeconds: 15,
};

/** As often as V8 may abort the process of a thread that it should have ended, which is out of our hands. */
const ATTEMPTS = 3;
const EXPLORE_APART = fileURLToPath(new URL('./fixtures/explore-apart.ts', import.meta.url));

/** In a process of its own: a thread whose heap is full, or that is ended in the middle, may take its process along. */
async function exploreApart(exploration: Exploration): Promise<Exploring> {
  for (let attempt = 1; ; attempt += 1) {
    const args = ['--disable-warning=ExperimentalWarning', EXPLORE_APART, JSON.stringify(exploration)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (code === 0) return JSON.parse(said) as Exploring;
    if (attempt === ATTEMPTS) throw new Error(`ended with exit code ${code} ${ATTEMPTS} times`);
  }
}

function whatOf({ findings }: Exploring): string[] {
  return findings.map(({ what }) => what.split('\n')[0]!);
}

describe('exploring', () => {
  it('should find what throws or copies too much, each once and with its input', async () => {
    const { findings, inputs } = await runExplorer(broken);
    expect(inputs).toBe(400);
    const inputOf = (what: RegExp) =>
      findings.filter((finding) => what.test(finding.what)).map(({ input }) => input);
    expect(inputOf(/^Error: thrown/)).toEqual([expect.stringContaining('throw')]);
    expect(inputOf(/^allocated 10000000 bytes outside of the heap/)).toEqual([
      expect.stringContaining('copy'),
    ]);
    expect(findings).toHaveLength(2);
  });

  it('should find what takes long', async () => {
    const exploring = await runExplorer({ ...broken, corpus: ['harmless!spin'], inputs: 0 });
    expect(exploring.findings).toEqual([
      {
        input: 'harmless!spin',
        what: expect.stringMatching(/^took \d+ ms and \d+ bytes of heap for 13 bytes$/),
      },
    ]);
  });

  it('should end what hangs, and name it', async () => {
    const exploring = await exploreApart({ ...broken, corpus: ['harmless!hang'], hangSeconds: 2 });
    expect(exploring.findings).toEqual([{ input: 'harmless!hang', what: 'hangs for more than 2 s' }]);
  });

  it('should outlive what takes all memory, and name it', async () => {
    const exploring = await exploreApart({ ...broken, corpus: ['harmless!eat'] });
    expect(whatOf(exploring)).toEqual([expect.stringMatching(/memory limit/)]);
    expect(exploring.findings[0]?.input).toBe('harmless!eat');
  });

  it('should try the same inputs with the same seed, and others with another', async () => {
    const explore = async (seed: number) => {
      const exploration = { ...broken, parserUrl: urlOf('daytime-line'), seed, inputs: 1_500 };
      const { corpus, coverage, outcomes, findings } = await runExplorer(exploration);
      return { corpus, coverage, outcomes, findings };
    };
    const [one, again, other] = await Promise.all([explore(1), explore(1), explore(2)]);
    expect(again).toEqual(one);
    expect(other.corpus).not.toEqual(one.corpus);
    expect(one.findings).toEqual([]);
  });

  it('should reach code that the seeds do not, and keep what reached it', async () => {
    const { coverage, corpus } = await runExplorer({
      ...broken,
      parserUrl: urlOf('proxy-header'),
      inputs: 3_000,
    });
    const { seeds } = await loadParser(urlOf('proxy-header'));
    expect(coverage.after).toBeGreaterThan(coverage.before);
    expect(coverage.of).toBeGreaterThanOrEqual(coverage.after);
    expect(corpus.length).toBeGreaterThan(seeds.length);
  });
});
