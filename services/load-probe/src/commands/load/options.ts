import { availableParallelism } from 'node:os';
import { text, wholeNumber } from '@echo-daytime/runtime';
import { type Limit, limitsOf, minMeasuredKey, NO_LOSS, percentKey, timeLimitKey } from '../../cli/gates.ts';
import { type CommandLine, flag, option, optional } from '../../cli/options.ts';
import { durationFrom, rateFrom } from '../../cli/ranged-keys.ts';
import { isEcho } from '../../targets/protocol.ts';
import { settingProblems, sizeKey } from '../../targets/setting-keys.ts';
import { seriesOf, type Target, type TargetSpec } from '../../targets/target.ts';
import { readTarget } from '../../targets/url.ts';
import { loadProtocols } from './flows-of.ts';
import type { LoadPlan } from './plan.ts';

const MAX_CONNECTIONS = 20_000;
const MAX_PIPELINE = 1_000;
const MAX_WORKERS = 64;
/** Memory for all messages under way; each message has its own slot. */
const MAX_MESSAGE_BYTES = 1024 ** 3;

export const loadOptions = {
  rate: optional(
    '<n>',
    rateFrom(
      { min: 0.1, max: 1_000_000, of: 'messages' },
      '',
      'Messages a second, open loop; without it closed loop',
    ),
  ),
  duration: option(
    '<duration>',
    durationFrom({ min: '100ms', max: '24h' }, '10s', 'How long messages are sent'),
  ),
  connections: option(
    '<n>',
    wholeNumber(
      { min: 1, max: MAX_CONNECTIONS },
      '10',
      'Connections, or source ports over UDP, of all workers together',
    ),
  ),
  pipeline: option(
    '<n>',
    wholeNumber(
      { min: 1, max: MAX_PIPELINE },
      '1',
      'Maximum number of unanswered messages on a connection, echo only',
    ),
  ),
  size: option('<size>', sizeKey('64')),
  timeout: option(
    '<duration>',
    durationFrom({ min: '1ms', max: '1h' }, '2s', 'How long a reply may take after its message was sent'),
  ),
  workers: option(
    '<n>',
    text('1', `Threads that send, 1 to ${MAX_WORKERS}, or auto = one for each core`, readWorkers),
  ),
  maxLoss: option('<percentage>', percentKey(NO_LOSS, 'Gate: maximum share of due messages that are not ok')),
  maxP50: optional('<time>', timeLimitKey('Gate: maximum median latency, such as 5ms')),
  maxP99: optional('<time>', timeLimitKey('Gate: maximum 99th percentile of the latency, such as 20ms')),
  minMeasured: option('<percentage>', minMeasuredKey('messages')),
  json: flag('Print the result as JSON'),
};

export interface LoadCommand {
  readonly plan: LoadPlan;
  readonly limits: readonly Limit[];
  /** 0 to 1 */
  readonly minMeasured: number;
}

/** @throws UsageError */
export function readLoadOptions(line: CommandLine<typeof loadOptions>): LoadCommand {
  const { typed, values } = line;
  const { connections, duration: durationMs, minMeasured, pipeline, rate, size, timeout } = values;
  const spec = line.operand('URL', 'echo+tcp://host:7007', readLoadTarget);
  const [target] = spec ? seriesOf(spec, { interval: timeout, timeout, size }) : [];
  const workers = values.workers === 'auto' ? Math.min(availableParallelism(), connections) : values.workers;
  if (workers > connections) {
    line.problem(
      `--workers ${workers} is more than there are connections, ${connections}; each worker needs one of its own`,
    );
  }
  if (target) for (const problem of targetProblems(target, { connections, pipeline })) line.problem(problem);
  const mode =
    rate === undefined ? { name: 'closed' as const } : { name: 'open' as const, messagesPerSecond: rate };
  const limits = limitsOf(values, { ...typed, maxLoss: typed.maxLoss ?? NO_LOSS });
  const done = line.done({ target });
  return { plan: { ...done, mode, durationMs, connections, pipeline, workers }, limits, minMeasured };
}

function targetProblems(
  target: Target,
  { connections, pipeline }: Pick<LoadPlan, 'connections' | 'pipeline'>,
): string[] {
  const problems = settingProblems(target);
  if (!isEcho(target.protocol)) {
    if (pipeline > 1) problems.push('--pipeline is for echo targets; one daytime line is like another');
    return problems;
  }
  const bytes = connections * pipeline * target.sizeBytes;
  if (bytes > MAX_MESSAGE_BYTES) {
    problems.push(
      `${connections} connections with ${pipeline} messages of ${target.sizeBytes} bytes under way hold ` +
        `${bytes} bytes of memory, at most ${MAX_MESSAGE_BYTES} may be; use fewer or smaller ones`,
    );
  }
  return problems;
}

/** @throws Error whose message completes the sentence "TEXT …" */
function readLoadTarget(url: string): TargetSpec {
  const spec = readTarget(url);
  if (Array.isArray(spec)) throw new Error(`can't be loaded: ${spec.join('; ')}`);
  if (!loadProtocols.some((protocol) => protocol === spec.protocol)) {
    const allowed = loadProtocols.map((protocol) => protocol.replace('-', '+')).join(', ');
    throw new Error(`can't be loaded; the schemes for a load are ${allowed}`);
  }
  if (spec.intervalMs !== undefined) throw new Error('has an interval; a load is given its pace by --rate');
  if (spec.expect !== undefined) throw new Error('must be blocked; a load needs a target that answers');
  if (spec.flow !== undefined) throw new Error('has a flow; a load has those of --connections');
  return spec;
}

function readWorkers(value: string): number | 'auto' {
  if (value === 'auto') return value;
  const workers = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (workers < 1 || workers > MAX_WORKERS) {
    throw new Error(`must be a whole number from 1 to ${MAX_WORKERS}, or auto`);
  }
  return workers;
}
