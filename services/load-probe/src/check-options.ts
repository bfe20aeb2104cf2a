import { type Key, text, wholeNumber } from '@echo-daytime/runtime';
import { intervalKey, settingProblems, sizeKey, timeoutKey } from './setting-keys.ts';
import { type Target, targetsOf } from './target.ts';
import { readTargets } from './target-url.ts';

const MAX_COUNT = 1_000_000;
const MAX_RATE = 1_000;
const MIN_RATE = 0.001;
const MS_PER_SECOND = 1_000;

export const checkKeys = {
  count: wholeNumber({ min: 1, max: MAX_COUNT }, '10', 'Samples for each target'),
  interval: intervalKey('200ms'),
  rate: rateKey(),
  timeout: timeoutKey('2s'),
  size: sizeKey('64'),
  maxLoss: percentKey('0%', 'Gate: the share of samples that may be anything but ok'),
};

/** The options as they were typed; undefined where they were not. */
export type GivenOptions = { readonly [Name in keyof typeof checkKeys]?: string | undefined };

export interface CheckOptions {
  readonly targets: readonly Target[];
  readonly count: number;
  /** 0 to 1. */
  readonly maxLoss: number;
}

/** Names every mistake of a command line, a sentence each. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * @param args what is not an option: targets, and options that do not exist
 * @throws UsageError
 */
export function readCheckOptions(args: readonly string[], given: GivenOptions): CheckOptions {
  const problems = args
    .filter((arg) => arg.startsWith('-'))
    .map((arg) => `there is no option ${arg.replace(/=.*/s, '')}`);
  const read = <T>(name: keyof typeof checkKeys, option: string, key: Key<T>): T => {
    const value = given[name] ?? key.default;
    try {
      return key.parse(value);
    } catch (error) {
      problems.push(`${option} ${value} ${(error as Error).message}`);
      return key.parse(key.default);
    }
  };
  const count = read('count', '--count', checkKeys.count);
  const interval = read('interval', '--interval', checkKeys.interval);
  const rate = read('rate', '--rate', checkKeys.rate);
  const timeout = read('timeout', '--timeout', checkKeys.timeout);
  const size = read('size', '--size', checkKeys.size);
  const maxLoss = read('maxLoss', '--max-loss', checkKeys.maxLoss);
  if (given.interval !== undefined && given.rate !== undefined) {
    problems.push('--interval and --rate say the same thing: give one of them');
  }
  const urls = args.filter((arg) => !arg.startsWith('-'));
  if (urls.length === 0) problems.push('there is no target; name at least one, such as echo+tcp://host:7007');
  const { targets: specs, problems: badTargets } = readTargets(urls);
  problems.push(...badTargets);
  const pace = given.rate === undefined ? interval : MS_PER_SECOND / rate;
  const targets = targetsOf({ targets: specs, interval: pace, timeout, size });
  problems.push(...targets.flatMap(settingProblems));
  if (problems.length > 0) throw new UsageError(problems);
  return { targets, count, maxLoss };
}

function rateKey(): Key<number> {
  return text('5', 'Samples a second for each target, in place of --interval', (value) => {
    const rate = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (!(rate >= MIN_RATE && rate <= MAX_RATE)) {
      throw new Error(`must be a number of samples a second from ${MIN_RATE} to ${MAX_RATE}`);
    }
    return rate;
  });
}

function percentKey(initial: string, doc: string): Key<number> {
  return text(initial, doc, (value) => {
    const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(value) ?? [];
    const share = Number(percent) / 100;
    if (!(share >= 0 && share <= 1)) throw new Error('must be a percentage from 0% to 100%, such as 0.5%');
    return share;
  });
}
