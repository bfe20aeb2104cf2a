import { wholeNumber } from '@echo-daytime/runtime';
import { type CommandLine, flag, option, optional } from '../../cli/options.ts';
import { durationFrom, rateFrom } from '../../cli/ranged-keys.ts';
import { targetOperand } from '../../cli/target-operand.ts';
import type { TargetSpec } from '../../targets/target.ts';

const MAX_PORT = 65_535;
/** Each has a socket, and a process may open 1,024 by default. */
const PORTS = { min: 2, max: 1_000 };
/** Of each datagram. */
export const SIZE_BYTES = 64;

/** Over UDP the answer of daytime does not tell its request. */
const swept = [
  'echo-udp',
  'stamp-udp',
  'tcp',
  'echo-tcp',
  'session-tcp',
  'daytime-tcp',
  'dialog-tcp',
] as const;

export const pathsOptions = {
  ports: option('<n>', wholeNumber(PORTS, '64', 'Source ports to compare')),
  firstPort: option('<port>', wholeNumber({ min: 1_024, max: MAX_PORT }, '20000', 'The first of them')),
  count: option('<n>', wholeNumber({ min: 1, max: 1_000_000 }, '300', 'Samples of each port, at most')),
  rate: option(
    '<n>',
    rateFrom({ min: 1, max: 5_000, of: 'samples' }, '500', 'Samples a second, of all ports together'),
  ),
  timeout: option(
    '<duration>',
    durationFrom(
      { min: '1ms', max: '1m' },
      '1s',
      'How long a sample may take before it is lost; over TCP 950 ms at most',
    ),
  ),
  maxBadPorts: optional(
    '<n>',
    wholeNumber({ min: 0, max: PORTS.max }, '0', 'Gate: maximum number of bad ports'),
  ),
  json: flag('Print the result as JSON'),
  junit: optional('<file>', { doc: 'Write the result into a file, as JUnit XML', parse: (path) => path }),
};

export interface PathsOptions {
  readonly target: TargetSpec;
  readonly ports: readonly number[];
  readonly count: number;
  readonly rate: number;
  readonly timeoutMs: number;
  readonly maxBadPorts?: number | undefined;
  /** The options that were typed, but the outputs, as they have to be typed again. */
  readonly typed: readonly string[];
}

/** @throws UsageError */
export function readPathsOptions(line: CommandLine<typeof pathsOptions>): PathsOptions {
  const { count, firstPort, junit, maxBadPorts, ports, rate, timeout: timeoutMs } = line.values;
  const target = targetOperand(line, swept, 'paths', ['dscp']);
  if (firstPort + ports - 1 > MAX_PORT) {
    line.problem(
      `--first-port ${firstPort} has less than ${ports} ports from it on to ${MAX_PORT}; give ${MAX_PORT - ports + 1} at most`,
    );
  }
  if (junit !== undefined && maxBadPorts === undefined) {
    line.problem('--junit has a test case for each gate, and there is none; give --max-bad-ports, such as 0');
  }
  const { firstPort: first, ports: number, rate: typedRate, timeout } = line.typed;
  const again = { ports: number, 'first-port': first, rate: typedRate, timeout };
  return {
    target: line.done({ target }).target,
    ports: Array.from({ length: ports }, (_, index) => firstPort + index),
    ...{ count, rate, timeoutMs, maxBadPorts },
    typed: Object.entries(again).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, value],
    ),
  };
}
