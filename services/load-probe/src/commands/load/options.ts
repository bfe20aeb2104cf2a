import { availableParallelism } from 'node:os';
import { text, wholeNumber } from '@echo-daytime/runtime';
import { type Limit, limitOf, minMeasuredKey, percentKey, timeLimitKey } from '../../cli/gates.ts';
import { OptionReader } from '../../cli/option-reader.ts';
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
/** What messages under way may hold in memory; each has a place of its own. */
const MAX_MESSAGE_BYTES = 1024 ** 3;

export const loadKeys = {
  rate: rateFrom(
    { min: 0.1, max: 1_000_000, of: 'messages' },
    '',
    'Messages a second, open loop; without it closed loop',
  ),
  duration: durationFrom({ min: '100ms', max: '24h' }, '10s', 'How long messages are sent'),
  connections: wholeNumber(
    { min: 1, max: MAX_CONNECTIONS },
    '10',
    'Connections over all workers, or source ports over UDP',
  ),
  pipeline: wholeNumber(
    { min: 1, max: MAX_PIPELINE },
    '1',
    'Messages that may be under way on a connection, echo only',
  ),
  size: sizeKey('64'),
  timeout: durationFrom({ min: '1ms', max: '1h' }, '2s', 'How long after its sending an answer may take'),
  workers: text('1', `Threads that send, 1 to ${MAX_WORKERS}, or auto = one for each core`, readWorkers),
  maxLoss: percentKey('0%', 'Gate: the share of due messages that may be anything but ok'),
  maxP50: timeLimitKey('Gate: what the median latency may be, such as 5ms'),
  maxP99: timeLimitKey('Gate: what 99 % of the latencies may be at most, such as 20ms'),
  minMeasured: minMeasuredKey('messages'),
};

/** The options as they were typed; undefined where they were not. */
export type GivenLoadOptions = { readonly [Option in keyof typeof loadKeys]?: string | undefined };

export interface LoadCommand {
  readonly plan: LoadPlan;
  readonly limits: readonly Limit[];
  /** 0 to 1 */
  readonly minMeasured: number;
}

/**
 * @param args what is not an option: the target, and options that do not exist
 * @throws UsageError
 */
export function readLoadOptions(args: readonly string[], given: GivenLoadOptions): LoadCommand {
  const reader = new OptionReader(args);
  const rate = reader.readIfGiven('--rate', given.rate, loadKeys.rate);
  const durationMs = reader.read('--duration', given.duration, loadKeys.duration);
  const connections = reader.read('--connections', given.connections, loadKeys.connections);
  const pipeline = reader.read('--pipeline', given.pipeline, loadKeys.pipeline);
  const size = reader.read('--size', given.size, loadKeys.size);
  const timeout = reader.read('--timeout', given.timeout, loadKeys.timeout);
  const asked = reader.read('--workers', given.workers, loadKeys.workers);
  const limits = readLimits(reader, given);
  const minMeasured = reader.read('--min-measured', given.minMeasured, loadKeys.minMeasured);
  const spec = reader.operand('URL', 'echo+tcp://host:7007', readLoadTarget);
  const [target] = spec ? seriesOf(spec, { interval: timeout, timeout, size }) : [];
  const workers = asked === 'auto' ? Math.min(availableParallelism(), connections) : asked;
  if (workers > connections) {
    reader.problem(
      `--workers ${workers} is more than there are connections, ${connections}; each worker needs one of its own`,
    );
  }
  if (target)
    for (const problem of targetProblems(target, { connections, pipeline })) reader.problem(problem);
  const mode =
    rate === undefined ? { name: 'closed' as const } : { name: 'open' as const, messagesPerSecond: rate };
  const done = reader.done({ target, limits });
  return {
    plan: { target: done.target, mode, durationMs, connections, pipeline, workers },
    limits: done.limits,
    minMeasured,
  };
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
  if (spec.flow !== undefined) throw new Error('has a flow; a load has those of --connections');
  return spec;
}

function readLimits(reader: OptionReader, given: GivenLoadOptions): Limit[] {
  return [
    ...limitOf(reader, 'max-loss', given.maxLoss ?? loadKeys.maxLoss.default, loadKeys.maxLoss),
    ...limitOf(reader, 'max-p50', given.maxP50, loadKeys.maxP50),
    ...limitOf(reader, 'max-p99', given.maxP99, loadKeys.maxP99),
  ];
}

function readWorkers(value: string): number | 'auto' {
  if (value === 'auto') return value;
  const workers = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (workers < 1 || workers > MAX_WORKERS) {
    throw new Error(`must be a whole number from 1 to ${MAX_WORKERS}, or auto`);
  }
  return workers;
}
