import { choice, quoted, wholeNumber } from '@echo-daytime/runtime';
import {
  type Limit,
  limitOf,
  minMeasuredKey,
  percentKey,
  successKey,
  timeLimitKey,
} from '../../cli/gates.ts';
import { OptionReader } from '../../cli/option-reader.ts';
import { rateFrom } from '../../cli/ranged-keys.ts';
import { flowChoices } from '../../targets/flow.ts';
import { isMultiExchange } from '../../targets/protocol.ts';
import { intervalKey, settingProblems, sizeKey, timeoutKey } from '../../targets/setting-keys.ts';
import { type Target, targetsOf } from '../../targets/target.ts';
import { readTargets } from '../../targets/url.ts';

const MAX_COUNT = 1_000_000;
const MS_PER_SECOND = 1_000;

export const checkKeys = {
  count: wholeNumber({ min: 1, max: MAX_COUNT }, '10', 'Samples for each target'),
  interval: intervalKey('200ms'),
  rate: rateFrom(
    { min: 0.001, max: 1_000, of: 'samples' },
    '5',
    'Samples a second for each target, in place of --interval',
  ),
  timeout: timeoutKey('2s'),
  size: sizeKey('64'),
  flow: choice(
    flowChoices,
    'fresh',
    'A connection or source port for each sample (fresh), one for all (sticky), or both side by side',
  ),
  maxLoss: percentKey('0%', 'Gate: the share of samples that may be anything but ok'),
  maxP50: timeLimitKey('Gate: what the median round trip may take, such as 5ms'),
  maxP99: timeLimitKey('Gate: what 99 % of the round trips may take, such as 20ms'),
  maxJitter: timeLimitKey('Gate: how much the round trip may change from sample to sample on average'),
  minSuccess: successKey('Gate: how many samples of each target must be ok, or which share of them'),
  minMeasured: minMeasuredKey('samples'),
};

type Name = keyof typeof checkKeys;

/** The options as they were typed; undefined where they were not. */
export type GivenOptions = { readonly [Option in Name]?: string | undefined };

export interface CheckOptions {
  /** Two for a target with both flows. */
  readonly targets: readonly Target[];
  readonly count: number;
  readonly limits: readonly Limit[];
  /** 0 to 1 */
  readonly minMeasured: number;
}

/**
 * @param args what is not an option: targets, and options that do not exist
 * @throws UsageError
 */
export function readCheckOptions(args: readonly string[], given: GivenOptions): CheckOptions {
  const reader = new OptionReader(args);
  const count = reader.read('--count', given.count, checkKeys.count);
  const interval = reader.read('--interval', given.interval, checkKeys.interval);
  const rate = reader.readIfGiven('--rate', given.rate, checkKeys.rate);
  const timeout = reader.read('--timeout', given.timeout, checkKeys.timeout);
  const size = reader.read('--size', given.size, checkKeys.size);
  const flow = reader.readIfGiven('--flow', given.flow, checkKeys.flow);
  const limits = readLimits(reader, given);
  const minMeasured = reader.read('--min-measured', given.minMeasured, checkKeys.minMeasured);
  if (given.interval !== undefined && given.rate !== undefined) {
    reader.problem('--interval and --rate say the same thing: give one of them');
  }
  const urls = args.filter((arg) => !arg.startsWith('-'));
  if (urls.length === 0)
    reader.problem('there is no target; name at least one, such as echo+tcp://host:7007');
  const { targets: specs, problems } = readTargets(urls);
  for (const problem of problems) reader.problem(problem);
  const withFlow = specs.map((spec) => {
    if (flow === undefined || spec.flow !== undefined) return spec;
    if (flow !== 'fresh' && !isMultiExchange(spec.protocol)) {
      reader.problem(
        `${quoted(spec.url)}: --flow ${flow} needs a protocol with many exchanges in a flow; ` +
          `${spec.protocol} ends with the first, so give this target ?flow=fresh`,
      );
    }
    return { ...spec, flow };
  });
  const pace = rate === undefined ? interval : MS_PER_SECOND / rate;
  const targets = targetsOf({ targets: withFlow, interval: pace, timeout, size });
  for (const problem of targets.flatMap(settingProblems)) reader.problem(problem);
  return reader.done({ targets, count, limits, minMeasured });
}

/** Without a gate for it, no sample may be lost. */
function readLimits(reader: OptionReader, given: GivenOptions): Limit[] {
  const isSuccessGiven = given.maxLoss !== undefined || given.minSuccess !== undefined;
  const maxLoss = isSuccessGiven ? given.maxLoss : checkKeys.maxLoss.default;
  const limits = [
    ...limitOf(reader, 'max-loss', maxLoss, checkKeys.maxLoss),
    ...limitOf(reader, 'max-p50', given.maxP50, checkKeys.maxP50),
    ...limitOf(reader, 'max-p99', given.maxP99, checkKeys.maxP99),
    ...limitOf(reader, 'max-jitter', given.maxJitter, checkKeys.maxJitter),
  ];
  const success = reader.readIfGiven('--min-success', given.minSuccess, checkKeys.minSuccess);
  if (given.minSuccess !== undefined && success) limits.push({ ...success, text: given.minSuccess });
  return limits;
}
