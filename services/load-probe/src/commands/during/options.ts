import { quoted, wholeNumber } from '@echo-daytime/runtime';
import { type Limit, limitsOf, minMeasuredKey, timeLimitKey } from '../../cli/gates.ts';
import { type CommandLine, flag, option, optional } from '../../cli/options.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { paceOptions, readSeries, sampleOptions } from '../../cli/sampling-options.ts';
import { fitsFlow } from '../../targets/flow.ts';
import type { Target } from '../../targets/target.ts';
import { startProblem } from './started-command.ts';

const NONE_LOST = '0';

export const duringOptions = {
  ...paceOptions('100ms', '10'),
  ...sampleOptions,
  warmUp: option(
    '<duration>',
    durationFrom(
      { min: '0s', max: '10m' },
      '2s',
      'How long every sample must be ok before the command is started; one sample of each flow at least',
    ),
  ),
  settle: option(
    '<duration>',
    durationFrom({ min: '0s', max: '1h' }, '5s', 'How long sampling goes on after the command has ended'),
  ),
  maxLost: option(
    '<n>',
    wholeNumber(
      { min: 0, max: 1_000_000_000 },
      NONE_LOST,
      'Gate: maximum number of samples that are not ok, of the new flows of a target and of its old flow each',
    ),
  ),
  maxGap: optional(
    '<time>',
    timeLimitKey(
      'Gate: maximum time from when a sample was due to the next answer, such as 500ms; a sample that is lost ends no gap',
    ),
  ),
  minMeasured: option('<percentage>', minMeasuredKey('samples')),
  json: flag('Print the result as JSON'),
  junit: optional('<file>', { doc: 'Write the results into a file, as JUnit XML', parse: (path) => path }),
};

export interface DuringOptions {
  /** A target is here twice, with new flows and with an old one, where its protocol has both. */
  readonly targets: readonly Target[];
  readonly warmUpMs: number;
  readonly settleMs: number;
  readonly limits: readonly Limit[];
  /** 0 to 1 */
  readonly minMeasured: number;
}

/**
 * @param command the words behind `--`; undefined without `--`
 * @throws UsageError
 */
export function readDuringOptions(
  line: CommandLine<typeof duringOptions>,
  command: readonly string[] | undefined,
): DuringOptions {
  const { operands, typed, values } = line;
  const word = operands.find((operand) => !operand.includes('://'));
  if (word !== undefined && command === undefined) {
    line.problem(`${quoted(word)} is no target; a command goes behind --, as in during URL -- ${word}`);
  }
  const urls = command === undefined ? operands.filter((operand) => operand.includes('://')) : operands;
  const targets = readSeries(line, urls, (spec) =>
    spec.flow === undefined && fitsFlow(spec.protocol, 'both') ? { ...spec, flow: 'both' } : spec,
  );
  const problem = command && startProblem(command, process.env);
  if (problem !== undefined) line.problem(problem);
  return line.done({
    targets,
    warmUpMs: values.warmUp,
    settleMs: values.settle,
    limits: limitsOf(values, { ...typed, maxLost: typed.maxLost ?? NONE_LOST }),
    minMeasured: values.minMeasured,
  });
}
