import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { defineCommand } from '../../cli/options.ts';
import { openUdpEngine } from '../../net/udp-engine.ts';
import { systemClock } from '../../sampling/clock.ts';
import { mtuOptions, readMtuOptions } from './options.ts';
import { hasHeld, jsonReport, textReport, triedLine } from './report.ts';
import { findLargest } from './run.ts';

export function mtuCommand(): Command {
  return defineCommand({
    name: 'mtu',
    description: 'find the largest datagram that an echo service returns, and how larger datagrams are lost',
    usage: '[options] URL',
    options: mtuOptions,
    help,
    async run(line) {
      const options = readMtuOptions(line);
      const { json } = line.values;
      const note = (text: string): void => {
        if (!json) process.stderr.write(text);
      };
      using interruption = new Interruption();
      const search = await findLargest({
        ...options,
        clock: systemClock,
        udp: await openUdpEngine('auto'),
        signal: interruption.signal,
        failed: (detail) => note(`note: ${detail}\n`),
        tried: (result, isUndivided) => note(triedLine(result, isUndivided)),
      });
      process.stdout.write(json ? jsonReport(options, search) : textReport(options, search));
      if (!hasHeld(options, search)) process.exitCode = exitCode.failed;
    },
  });
}

const help = `
The URL's scheme is echo+udp.
A size is the number of bytes in a datagram; IPv4 and UDP add 28 bytes of headers, IPv6 and UDP 48. A datagram that is
larger than one packet travels in fragments, so the result is what the path delivers with fragments included. Then the
path MTU is found by packets that may not be divided, with who reported it. That takes Linux and node:ffi, as in the image.

Exit code: 0 a result was found and --min held, 1 no result or --min did not hold, 2 the command line is wrong.

Examples:
  load-probe mtu echo+udp://192.0.2.7:7
  load-probe mtu --min 1472 --json 'echo+udp://[2001:db8::7]:7'`;
