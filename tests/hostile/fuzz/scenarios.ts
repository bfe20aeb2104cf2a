import { randomInt } from 'node:crypto';
import { escapeC } from '@echo-daytime/c-escapes';
import type { Scenario } from '../scenario.ts';
import { readCorpus } from './corpus.ts';
import { liveDatagrams } from './live-datagrams.ts';
import { liveListeners } from './live-listeners.ts';
import { loadParser, type ParserName, parserNames, urlOf } from './parsers.ts';
import { coveredPercent, shortcomings } from './result.ts';
import { runExplorer } from './run-explorer.ts';

/** No input takes this long, however busy the machine is. */
export const HANG_SECONDS = 30;
const MAX_SEED = 2 ** 31 - 1;
/** A slow machine stops there at the full scale, whose inputs are many; those of the brief one are all tried. */
const MAX_SECONDS = 300;

const shares: Readonly<Record<ParserName, Scenario['seconds']>> = {
  framing: { brief: 1, full: 25 },
  dialog: { brief: 1, full: 15 },
  session: { brief: 1, full: 20 },
  'proxy-header': { brief: 1, full: 25 },
  'targets-file': { brief: 3, full: 60 },
  'target-url': { brief: 2, full: 30 },
  'fault-api': { brief: 2, full: 15 },
  'daytime-line': { brief: 1, full: 10 },
};

/** Inputs made to break what reads them: each parser by itself, then the listeners that run them. */
export const fuzzScenarios: readonly Scenario[] = [...parserNames.map(fuzz), liveListeners, liveDatagrams];

function fuzz(parser: ParserName): Scenario {
  return {
    name: `fuzz ${parser}`,
    area: 'hostile input',
    seconds: shares[parser],
    async run(scale) {
      const seed = randomInt(MAX_SEED);
      const fuzzed = await loadParser(urlOf(parser));
      const corpus = readCorpus(parser).map(escapeC);
      const assignment = {
        parserUrl: urlOf(parser),
        seed,
        corpus,
        hangSeconds: HANG_SECONDS,
        inputs: fuzzed.inputs[scale],
        seconds: MAX_SECONDS,
        leastInputs: scale === 'brief' ? fuzzed.inputs.brief : 0,
      };
      const exploring = await runExplorer(assignment);
      const { inputs: tried, coverage, findings, seconds } = exploring;
      const broken = findings.map(({ what, input }) => `${parser}, seed ${seed}: ${what}; by ${input}`);
      // What ended the exploration early is all that there is to say.
      if (broken.length === 0) broken.push(...shortcomings(fuzzed, scale, exploring));
      return {
        load: `${tried.toLocaleString('en')} inputs`,
        lost: `${findings.length} broke a promise`,
        figures: {
          'inputs per second': Math.round(tried / seconds).toLocaleString('en'),
          coverage: `${coveredPercent(coverage).toFixed(1)} % of the source`,
          seed: String(seed),
        },
        broken,
      };
    },
  };
}
