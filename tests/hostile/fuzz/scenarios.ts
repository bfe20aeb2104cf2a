import { randomInt } from 'node:crypto';
import { escapeC } from '@echo-daytime/c-escapes';
import type { Scale, Scenario } from '../scenario.ts';
import { readCorpus } from './corpus.ts';
import { type FuzzedParser, loadParser, type ParserName, parserNames, urlOf } from './parsers.ts';
import { type Exploring, runExplorer } from './run-explorer.ts';

/** Longer than any input takes, even on a busy machine. */
export const HANG_SECONDS = 30;
const MAX_SEED = 2 ** 31 - 1;
/** Time limit of the full scale on a slow machine. The brief scale tries all its inputs. */
const MAX_SECONDS = 300;

const seconds: Readonly<Record<ParserName, Scenario['seconds']>> = {
  framing: { brief: 1, full: 25 },
  dialog: { brief: 1, full: 15 },
  session: { brief: 1, full: 20 },
  stamp: { brief: 1, full: 20 },
  'proxy-header': { brief: 1, full: 25 },
  'fault-api': { brief: 2, full: 15 },
  'daytime-line': { brief: 1, full: 10 },
};

/** Hostile inputs for each parser alone; listeners/scenarios.ts sends them through sockets. */
export const fuzzScenarios: readonly Scenario[] = parserNames.map((parser) => ({
  name: `fuzz ${parser}`,
  area: 'hostile input',
  seconds: seconds[parser],
  async run(scale) {
    const seed = randomInt(MAX_SEED);
    const fuzzed = await loadParser(urlOf(parser));
    const exploring = await runExplorer({
      parserUrl: urlOf(parser),
      seed,
      corpus: readCorpus(parser).map(escapeC),
      hangSeconds: HANG_SECONDS,
      inputs: fuzzed.inputs[scale],
      thorough: scale === 'full',
      ...(scale === 'full' && { seconds: MAX_SECONDS }),
    });
    const { inputs: tried, coverage, findings } = exploring;
    const broken = findings.map(({ what, input }) => `${parser}, seed ${seed}: ${what}; by ${input}`);
    return {
      load: `${tried.toLocaleString('en')} inputs`,
      lost: `${findings.length} broke a promise`,
      figures: {
        'inputs per second': Math.round(tried / exploring.seconds).toLocaleString('en'),
        coverage: `${coveredPercent(coverage).toFixed(1)} % of the source`,
        seed: String(seed),
      },
      // A finding that ended the exploration early is the only result.
      broken: broken.length > 0 ? broken : shortcomings(fuzzed, scale, exploring),
    };
  },
}));

/** Why an exploration without a finding proves nothing yet, a sentence each. */
export function shortcomings(
  { name, inputs: wanted, leastCoverage }: Pick<FuzzedParser, 'name' | 'inputs' | 'leastCoverage'>,
  scale: Scale,
  { inputs, seconds, coverage }: Pick<Exploring, 'inputs' | 'seconds' | 'coverage'>,
): string[] {
  const least = wanted[scale];
  const percent = coveredPercent(coverage);
  return [
    ...(inputs < least
      ? [`${name}: only ${inputs} inputs were tried in ${seconds.toFixed()} s, at least ${least} must be.`]
      : []),
    ...coverage.missing.map(
      (source) => `${name}: nothing of ${source} ran; covers must name what the parser runs.`,
    ),
    ...(percent < leastCoverage
      ? [`${name}: ${percent.toFixed(1)} % of the source ran, at least ${leastCoverage} % must.`]
      : []),
  ];
}

function coveredPercent({ after, of }: Exploring['coverage']): number {
  return (100 * after) / Math.max(1, of);
}
