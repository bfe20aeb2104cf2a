import { wholeNumber } from '@echo-daytime/runtime';
import { type CommandLine, flag, option, optional } from '../../cli/options.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { targetOperand } from '../../cli/target-operand.ts';
import { protocols } from '../../targets/protocol.ts';
import type { TargetSpec } from '../../targets/target.ts';

const MAX_PORT = 65_535;
/** More than a path has: systems send with a TTL of 64 at least. */
const MAX_HOPS = 64;
const MAX_COUNT = 20;

const port = (initial: string, doc: string) => wholeNumber({ min: 1, max: MAX_PORT }, initial, doc);

export const traceOptions = {
  count: option('<n>', wholeNumber({ min: 1, max: MAX_COUNT }, '3', 'Probes for each hop')),
  maxHops: option('<n>', wholeNumber({ min: 1, max: MAX_HOPS }, '30', 'How many hops to try')),
  sourcePort: optional('<port>', port('40000', 'The source port of the flow (default any that is free)')),
  against: optional(
    '<port>',
    port('40001', 'Walk a second flow from this source port, and say where the two part'),
  ),
  timeout: option(
    '<duration>',
    durationFrom({ min: '1ms', max: '10s' }, '1s', 'How long an answer may take'),
  ),
  json: flag('Print the result as JSON'),
};

export interface TraceOptions {
  readonly target: TargetSpec;
  readonly count: number;
  readonly maxHops: number;
  readonly timeoutMs: number;
  /** 0: any that is free. */
  readonly sourcePort: number;
  readonly against?: number | undefined;
}

/** @throws UsageError */
export function readTraceOptions(line: CommandLine<typeof traceOptions>): TraceOptions {
  const { against, count, maxHops, sourcePort = 0, timeout: timeoutMs } = line.values;
  const target = targetOperand(line, protocols, 'trace', ['dscp']);
  if (against !== undefined && against === sourcePort) {
    line.problem('--source-port and --against are the same flow: give two ports');
  }
  const { target: walked } = line.done({ target });
  return { target: walked, count, maxHops, timeoutMs, sourcePort, against };
}
