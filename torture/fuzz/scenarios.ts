import { randomInt } from 'node:crypto';
import { escapeC } from '@echo-daytime/c-escapes';
import type { Scenario } from '../scenario.ts';
import { readCorpus } from './corpus.ts';
import { liveListeners } from './live-listeners.ts';
import { loadParser, type ParserName, parserNames, urlOf } from './parsers.ts';
import { runExplorer } from './run-explorer.ts';

/** No input takes this long, however busy the machine is. */
export const HANG_SECONDS = 30;
const MAX_SEED = 2 ** 31 - 1;
/** A machine that is busy with other things tries fewer inputs rather than taking for ever. */
const MAX_SECONDS = { brief: 3, full: 300 };

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
export const fuzzScenarios: readonly Scenario[] = [...parserNames.map(fuzz), liveListeners];

function fuzz(parser: ParserName): Scenario {
  return {
    name: `fuzz ${parser}`,
    area: 'hostile input',
    seconds: shares[parser],
    async run(scale) {
      const seed = randomInt(MAX_SEED);
      const { inputs } = await loadParser(urlOf(parser));
      const corpus = readCorpus(parser).map(escapeC);
      const assignment = {
        parserUrl: urlOf(parser),
        seed,
        corpus,
        hangSeconds: HANG_SECONDS,
        inputs: inputs[scale],
        seconds: MAX_SECONDS[scale],
      };
      const { inputs: tried, coverage, findings, seconds } = await runExplorer(assignment);
      const broken = findings.map(({ what, input }) => `${parser}, seed ${seed}: ${what}; by ${input}`);
      if (tried < inputs[scale] && scale === 'full') {
        broken.push(`only ${tried} of ${inputs[scale]} inputs were tried in ${seconds.toFixed()} s`);
      }
      return {
        load: `${tried.toLocaleString('en')} inputs`,
        lost: `${findings.length} broke a promise`,
        figures: {
          'inputs per second': Math.round(tried / seconds).toLocaleString('en'),
          coverage: `${((100 * coverage.after) / Math.max(1, coverage.of)).toFixed(1)} % of the source`,
          seed: String(seed),
        },
        broken,
      };
    },
  };
}
