import { choice, quoted, wholeNumber } from '@echo-daytime/runtime';
import {
  type Limit,
  limitsOf,
  minMeasuredKey,
  NO_LOSS,
  percentKey,
  successKey,
  timeLimitKey,
} from '../../cli/gates.ts';
import { type CommandLine, flag, option, optional } from '../../cli/options.ts';
import { paceOptions, readSeries, sampleOptions } from '../../cli/sampling-options.ts';
import { type FlowChoice, fitsFlow } from '../../targets/flow.ts';
import type { Target, TargetSpec } from '../../targets/target.ts';
import { type ExpectedResponders, respondersKey } from './responders-gate.ts';

const MAX_COUNT = 1_000_000;
const DEFAULT_FLOW = 'fresh';
/** A sweep is for `monitor`: it takes long to see a difference. */
const flowChoices = [DEFAULT_FLOW, 'sticky', 'both'] as const satisfies readonly FlowChoice[];

export const checkOptions = {
  count: option('<n>', wholeNumber({ min: 1, max: MAX_COUNT }, '10', 'Samples for each target')),
  ...paceOptions('200ms', '5'),
  ...sampleOptions,
  flow: option(
    '<flow>',
    choice(
      flowChoices,
      DEFAULT_FLOW,
      'A connection or source port for each sample (fresh), one for all (sticky), or both side by side',
    ),
  ),
  maxLoss: optional(
    '<percentage>',
    percentKey(
      NO_LOSS,
      `Gate: maximum share of samples that are not ok (default ${NO_LOSS} unless --min-success is given)`,
    ),
  ),
  maxP50: optional('<time>', timeLimitKey('Gate: maximum median round-trip time, such as 5ms')),
  maxP99: optional(
    '<time>',
    timeLimitKey('Gate: maximum 99th percentile of the round-trip time, such as 20ms'),
  ),
  maxJitter: optional(
    '<time>',
    timeLimitKey('Gate: maximum mean change of the round-trip time from one sample to the next'),
  ),
  minSuccess: optional(
    '<n>',
    successKey('Gate: minimum number of ok samples for each target, or their minimum share'),
  ),
  responders: optional(
    '<expected>',
    respondersKey(
      'Gate: ask who answers, and how many different ones do, such as 3, or with which shares, such as a=70%,b=30%; session+tcp and stamp+udp targets',
    ),
  ),
  minMeasured: option('<percentage>', minMeasuredKey('samples')),
  json: flag('Print the result as JSON'),
  junit: optional('<file>', { doc: 'Write the results into a file, as JUnit XML', parse: (path) => path }),
};

type Line = CommandLine<typeof checkOptions>;

export interface CheckOptions {
  /** A target with `flow=both` is here twice. */
  readonly targets: readonly Target[];
  readonly count: number;
  readonly limits: readonly Limit[];
  /** 0 to 1 */
  readonly minMeasured: number;
  /** Who should answer; `text` is as it was typed. */
  readonly responders?: ExpectedResponders & { readonly text: string };
}

/** @throws UsageError */
export function readCheckOptions(line: Line): CheckOptions {
  const { typed, values } = line;
  const { count, minMeasured, responders } = values;
  const flow = typed.flow === undefined ? undefined : values.flow;
  const withFlow = (spec: TargetSpec): TargetSpec => {
    if (flow === undefined || spec.flow !== undefined) return spec;
    if (!fitsFlow(spec.protocol, flow)) {
      line.problem(
        `${quoted(spec.url)}: --flow ${flow} needs a protocol with many exchanges in a flow; ` +
          `${spec.protocol} ends with the first, so give this target ?flow=fresh`,
      );
    }
    return { ...spec, flow };
  };
  const targets = readSeries(line, line.operands, withFlow).map((target) => {
    if (responders === undefined) return target;
    const tells =
      target.protocol === 'session-tcp' ? target.flow === 'fresh' : target.protocol === 'stamp-udp';
    if (!tells) {
      line.problem(
        `${quoted(target.url)}: --responders asks who answers, which session+tcp targets tell on fresh connections ` +
          'and stamp+udp targets in each packet; use such a target, a session with flow=fresh',
      );
    }
    return tells ? { ...target, who: true } : target;
  });
  return line.done({
    targets,
    count,
    limits: readLimits(line),
    minMeasured,
    ...(responders && { responders: { ...responders, text: typed.responders ?? '' } }),
  });
}

/** The gates. Without a gate for loss or success, `--max-loss 0%` is one. */
function readLimits({ typed, values }: Line): Limit[] {
  const { maxLoss, minSuccess } = typed;
  if (minSuccess !== undefined) {
    const success = values.minSuccess ? [{ ...values.minSuccess, text: minSuccess }] : [];
    return [...limitsOf(values, typed), ...success];
  }
  return maxLoss === undefined
    ? limitsOf({ ...values, maxLoss: 0 }, { ...typed, maxLoss: NO_LOSS })
    : limitsOf(values, typed);
}
