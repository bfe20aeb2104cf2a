import { type CommandLine, flag, option, optional } from '../../cli/options.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { targetOperand } from '../../cli/target-operand.ts';
import { type IdleProtocol, idleProtocols } from './request.ts';

const IDLE_RANGE = { min: '10ms', max: '24h' };
const DEFAULT_MAX = '5m';

export const idleOptions = {
  max: option('<duration>', durationFrom(IDLE_RANGE, DEFAULT_MAX, 'The longest idle time to try')),
  resolution: option(
    '<duration>',
    durationFrom(IDLE_RANGE, '10s', 'How exactly to find the idle time after which a flow is dead'),
  ),
  timeout: option(
    '<duration>',
    durationFrom({ min: '1ms', max: '10m' }, '5s', 'How long a connect, and then each reply, may take'),
  ),
  min: optional(
    '<duration>',
    durationFrom(IDLE_RANGE, '1m', 'Gate: minimum idle time that a flow must survive'),
  ),
  json: flag('Print the result as JSON'),
};

export interface IdleOptions {
  readonly url: string;
  readonly protocol: IdleProtocol;
  readonly host: string;
  readonly port: number;
  readonly maxMs: number;
  readonly resolutionMs: number;
  readonly timeoutMs: number;
  /** The gate, milliseconds. */
  readonly minMs?: number | undefined;
}

/** @throws UsageError */
export function readIdleOptions(line: CommandLine<typeof idleOptions>): IdleOptions {
  const { typed, values } = line;
  const { max: maxMs, min: minMs, resolution: resolutionMs, timeout: timeoutMs } = values;
  const target = targetOperand(line, idleProtocols, 'idle');
  if (typed.max !== undefined && typed.resolution !== undefined && resolutionMs > maxMs) {
    line.problem(`--resolution ${typed.resolution} is longer than --max ${typed.max}`);
  }
  if (minMs !== undefined && minMs > maxMs) {
    line.problem(`--min ${typed.min} can't be shown with a --max of ${typed.max ?? DEFAULT_MAX}`);
  }
  const { host, port, protocol, url } = line.done({ target }).target;
  return { url, host, port, protocol: protocol as IdleProtocol, maxMs, resolutionMs, timeoutMs, minMs };
}
