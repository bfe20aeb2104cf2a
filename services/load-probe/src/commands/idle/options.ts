import type { Key } from '@echo-daytime/runtime';
import { OptionReader } from '../../cli/option-reader.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { targetOperand } from '../../cli/target-operand.ts';
import { type IdleProtocol, idleProtocols } from './request.ts';

const IDLE_RANGE = { min: '10ms', max: '24h' };

export const idleKeys = {
  max: durationFrom(IDLE_RANGE, '5m', 'The longest idle time to try'),
  resolution: durationFrom(IDLE_RANGE, '10s', 'How exactly to find the time after which a flow is dead'),
  timeout: durationFrom({ min: '1ms', max: '10m' }, '5s', 'How long a connect and an answer may take'),
  min: minKey(),
};

export type GivenIdleOptions = { readonly [Name in keyof typeof idleKeys]?: string | undefined };

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
export function readIdleOptions(args: readonly string[], given: GivenIdleOptions): IdleOptions {
  const reader = new OptionReader(args);
  const target = targetOperand(reader, idleProtocols, 'idle');
  const maxMs = reader.read('--max', given.max, idleKeys.max);
  const resolutionMs = reader.read('--resolution', given.resolution, idleKeys.resolution);
  const timeoutMs = reader.read('--timeout', given.timeout, idleKeys.timeout);
  const minMs = reader.readIfGiven('--min', given.min, idleKeys.min);
  if (given.max !== undefined && given.resolution !== undefined && resolutionMs > maxMs) {
    reader.problem(`--resolution ${given.resolution} is longer than --max ${given.max}`);
  }
  if (minMs !== undefined && minMs > maxMs) {
    reader.problem(`--min ${given.min} can't be shown with a --max of ${given.max ?? idleKeys.max.default}`);
  }
  const { target: found, ...rest } = reader.done({ target, maxMs, resolutionMs, timeoutMs });
  const { host, port, protocol, url } = found;
  return { url, host, port, protocol: protocol as IdleProtocol, ...rest, minMs };
}

function minKey(): Key<number> {
  return durationFrom(IDLE_RANGE, '1m', 'Gate: how long an idle flow must live');
}
