import { size, wholeNumber } from '@echo-daytime/runtime';
import { type CommandLine, flag, option, optional } from '../../cli/options.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { targetOperand } from '../../cli/target-operand.ts';
import { MIN_PAYLOAD_BYTES } from '../../payload/payload.ts';
import { MAX_UDP_BYTES } from './run.ts';

const SIZES = { min: MIN_PAYLOAD_BYTES, max: MAX_UDP_BYTES };
const MAX_TRIES = 20;

export const mtuOptions = {
  max: option('<size>', size(SIZES, String(MAX_UDP_BYTES), 'The largest datagram to try, bytes')),
  tries: option(
    '<n>',
    wholeNumber({ min: 1, max: MAX_TRIES }, '3', 'How often to send a size before it counts as lost'),
  ),
  timeout: option(
    '<duration>',
    durationFrom({ min: '1ms', max: '1m' }, '1s', 'How long to wait for a reply after the last try'),
  ),
  min: optional('<size>', size(SIZES, '1472', 'Gate: datagrams up to this size must come back, bytes')),
  json: flag('Print the result as JSON'),
};

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
export function readMtuOptions(line: CommandLine<typeof mtuOptions>): MtuOptions {
  const { max: maxBytes, min: minBytes, timeout: timeoutMs, tries } = line.values;
  const target = targetOperand(line, ['echo-udp'], 'mtu');
  if (minBytes !== undefined && minBytes > maxBytes) {
    line.problem(`--min ${line.typed.min} can't be shown with a --max of ${line.typed.max}`);
  }
  const { host, port, url } = line.done({ target }).target;
  return { url, host, port, maxBytes, tries, timeoutMs, minBytes };
}
