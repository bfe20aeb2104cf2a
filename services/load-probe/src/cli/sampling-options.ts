import { conflictsAmong, intervalKey, sizeKey, timeoutKey } from '../targets/setting-keys.ts';
import { type Target, type TargetSpec, targetsOf } from '../targets/target.ts';
import { readTargets } from '../targets/url.ts';
import { type CommandLine, option, optional } from './options.ts';
import { rateFrom } from './ranged-keys.ts';

const MS_PER_SECOND = 1_000;

/** How often samples of each target are taken, for commands with any number of targets. */
export function paceOptions(interval: string, rate: string) {
  return {
    interval: option('<duration>', intervalKey(interval)),
    rate: optional(
      '<n>',
      rateFrom(
        { min: 0.001, max: 1_000, of: 'samples' },
        rate,
        'Samples a second for each target, in place of --interval',
      ),
    ),
  };
}

/** What each sample is. */
export const sampleOptions = {
  timeout: option('<duration>', timeoutKey('2s')),
  size: option('<size>', sizeKey('64')),
};

type SamplingLine = CommandLine<ReturnType<typeof paceOptions> & typeof sampleOptions>;

/**
 * The operands as series of samples; the line gets the problems.
 *
 * @param adjust changes a target before its series are made, such as its flow
 */
export function readSeries(
  line: SamplingLine,
  operands: readonly string[],
  adjust: (spec: TargetSpec) => TargetSpec,
): Target[] {
  const { typed, values } = line;
  const { interval, rate, size, timeout } = values;
  if (typed.interval !== undefined && typed.rate !== undefined) {
    line.problem('--interval and --rate say the same thing: give one of them');
  }
  if (operands.length === 0)
    line.problem('there is no target; name at least one, such as echo+tcp://host:7007');
  const { targets: specs, problems } = readTargets(operands);
  for (const problem of problems) line.problem(problem);
  const intervalMs = rate === undefined ? interval : MS_PER_SECOND / rate;
  const targets = targetsOf({ targets: specs.map(adjust), interval: intervalMs, timeout, size });
  for (const problem of conflictsAmong(targets)) line.problem(problem);
  return targets;
}
