import { type CommandLine, flag, option } from '../../cli/options.ts';
import { durationFrom, rateFrom } from '../../cli/ranged-keys.ts';
import { targetOperand } from '../../cli/target-operand.ts';
import { protocols } from '../../targets/protocol.ts';
import type { TargetSpec } from '../../targets/target.ts';

export const explainOptions = {
  budget: option(
    '<duration>',
    durationFrom(
      { min: '1s', max: '10m' },
      '60s',
      'How long it may take; an experiment that takes longer is left out',
    ),
  ),
  maxRate: option(
    '<n>',
    rateFrom({ min: 10, max: 10_000, of: 'samples' }, '500', 'Samples a second, at most'),
  ),
  json: flag('Print the result as JSON'),
};

export interface ExplainOptions {
  readonly target: TargetSpec;
  readonly budgetMs: number;
  readonly maxRate: number;
}

/** @throws UsageError */
export function readExplainOptions(line: CommandLine<typeof explainOptions>): ExplainOptions {
  const { budget: budgetMs, maxRate } = line.values;
  const target = targetOperand(line, protocols, 'explain');
  return { ...line.done({ target }), budgetMs, maxRate };
}
