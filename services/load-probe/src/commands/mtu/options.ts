import { size, wholeNumber } from '@echo-daytime/runtime';
import { OptionReader } from '../../cli/option-reader.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { targetOperand } from '../../cli/target-operand.ts';
import { MIN_PAYLOAD_BYTES } from '../../payload/payload.ts';
import { MAX_UDP_BYTES } from './run.ts';

const SIZES = { min: MIN_PAYLOAD_BYTES, max: MAX_UDP_BYTES };
const MAX_TRIES = 20;

export const mtuKeys = {
  max: size(SIZES, String(MAX_UDP_BYTES), 'The largest datagram to try, bytes'),
  tries: wholeNumber({ min: 1, max: MAX_TRIES }, '3', 'How often to send a size before it counts as lost'),
  timeout: durationFrom({ min: '1ms', max: '1m' }, '1s', 'How long to wait for an answer after the last try'),
  min: size(SIZES, '1472', 'Gate: how large a datagram must return, bytes'),
};

export type GivenMtuOptions = { readonly [Name in keyof typeof mtuKeys]?: string | undefined };

export interface MtuOptions {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly maxBytes: number;
  readonly tries: number;
  readonly timeoutMs: number;
  /** The gate. */
  readonly minBytes?: number | undefined;
}

/** @throws UsageError */
export function readMtuOptions(args: readonly string[], given: GivenMtuOptions): MtuOptions {
  const reader = new OptionReader(args);
  const target = targetOperand(reader, ['echo-udp'], 'mtu');
  const maxBytes = reader.read('--max', given.max, mtuKeys.max);
  const tries = reader.read('--tries', given.tries, mtuKeys.tries);
  const timeoutMs = reader.read('--timeout', given.timeout, mtuKeys.timeout);
  const minBytes = reader.readIfGiven('--min', given.min, mtuKeys.min);
  if (minBytes !== undefined && minBytes > maxBytes) {
    reader.problem(`--min ${given.min} can't be shown with a --max of ${given.max ?? mtuKeys.max.default}`);
  }
  const { target: found, ...rest } = reader.done({ target, maxBytes, tries, timeoutMs });
  return { url: found.url, host: found.host, port: found.port, ...rest, minBytes };
}
