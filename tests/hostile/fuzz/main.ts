/**
 * `npm run fuzz`: tries inputs that are made to break the parsers of network input. Exit codes: 0 every promise held,
 * 1 a promise was broken, 2 usage.
 */
import { randomInt } from 'node:crypto';
import { escapeC } from '@echo-daytime/c-escapes';
import {
  ConfigError,
  choice,
  duration,
  onOff,
  readConfig,
  text,
  type Values,
  wholeNumber,
} from '@echo-daytime/runtime';
import { readCorpus, writeCorpus } from './corpus.ts';
import { loadParser, type ParserName, parserNames, urlOf } from './parsers.ts';
import { type Exploring, runExplorer } from './run-explorer.ts';
import { HANG_SECONDS } from './scenarios.ts';

const EXIT_BROKEN = 1;
const EXIT_USAGE = 2;
/** Maximum characters shown of a finding; with --update-corpus on, the corpus has all of it. */
const MAX_SHOWN_CHARACTERS = 1_000;
const MAX_SEED = 2 ** 31 - 1;

const keys = {
  parser: choice([...parserNames, 'all'], 'all', 'What to try'),
  seed: text('', 'The same seed and corpus try the same inputs (default: another each time)', (value) => {
    return value === '' ? randomInt(MAX_SEED) : wholeNumber({ min: 0, max: MAX_SEED }, '0', '').parse(value);
  }),
  inputs: wholeNumber({ min: 0, max: 1e9 }, '0', 'How many; 0 = as many as npm run torture tries'),
  duration: duration('24h', 'When to stop at the latest'),
  updateCorpus: onOff('off', 'Keep the inputs that did something new in tests/hostile/fuzz/corpus'),
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readConfig<Values<typeof keys>>(keys, { env: {}, args });
    let broken = 0;
    for (const name of parserNames) {
      if (options.parser === 'all' || options.parser === name) broken += await fuzz(name, options);
    }
    return broken === 0 ? 0 : EXIT_BROKEN;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`fuzz: ${error.problems.join('\nfuzz: ')}`);
    return EXIT_USAGE;
  }
}

/** Fuzzes one parser. @returns how many promises were broken */
async function fuzz(parser: ParserName, options: Values<typeof keys>): Promise<number> {
  const { seed } = options;
  const { full } = (await loadParser(urlOf(parser))).inputs;
  const exploring = await runExplorer({
    parserUrl: urlOf(parser),
    hangSeconds: HANG_SECONDS,
    seed,
    corpus: readCorpus(parser).map(escapeC),
    inputs: options.inputs || full,
    seconds: options.duration / 1_000,
    thorough: true,
  });
  console.log(`${parser.padEnd(14)}seed ${String(seed).padEnd(12)}${summary(exploring)}`);
  for (const { input, what } of exploring.findings)
    console.log(`  BROKEN ${shortened(what)}\n    by ${shortened(input)}`);
  if (options.updateCorpus) {
    const kept = writeCorpus(parser, [...exploring.findings.map(({ input }) => input), ...exploring.corpus]);
    console.log(`  kept ${kept} inputs`);
  }
  return exploring.findings.length;
}

function summary({ inputs, seconds, cpuSeconds, coverage, corpus, outcomes }: Exploring): string {
  const percent = (characters: number): string =>
    `${((100 * characters) / Math.max(1, coverage.of)).toFixed(1)} %`;
  return [
    `${inputs.toLocaleString('en')} inputs in ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU)`,
    `coverage ${percent(coverage.before)} to ${percent(coverage.after)}`,
    `${outcomes} outcomes`,
    `${corpus.length} inputs worth keeping`,
  ].join(', ');
}

function shortened(shown: string): string {
  return shown.length <= MAX_SHOWN_CHARACTERS ? shown : `${shown.slice(0, MAX_SHOWN_CHARACTERS)}…`;
}
