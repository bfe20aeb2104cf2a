import type { Scale } from '../scenario.ts';
import type { FuzzedParser } from './fuzzed-parser.ts';
import type { Exploring } from './run-explorer.ts';

/** Why an exploration without a finding shows nothing yet, a sentence each. */
export function shortcomings(
  parser: Pick<FuzzedParser, 'name' | 'inputs' | 'leastCoverage'>,
  scale: Scale,
  { inputs, seconds, coverage }: Pick<Exploring, 'inputs' | 'seconds' | 'coverage'>,
): string[] {
  const least = parser.inputs[scale];
  const percent = coveredPercent(coverage);
  const leastPercent = parser.leastCoverage[scale];
  return [
    ...(inputs < least
      ? [
          `${parser.name}: only ${inputs} inputs were tried in ${seconds.toFixed()} s, at least ${least} must be.`,
        ]
      : []),
    ...coverage.missing.map(
      (source) => `${parser.name}: nothing of ${source} ran; covers must name what the parser runs.`,
    ),
    ...(percent < leastPercent
      ? [`${parser.name}: ${percent.toFixed(1)} % of the source ran, at least ${leastPercent} % must.`]
      : []),
  ];
}

export function coveredPercent({ after, of }: Exploring['coverage']): number {
  return (100 * after) / Math.max(1, of);
}
