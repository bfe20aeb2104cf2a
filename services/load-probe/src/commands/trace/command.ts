import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { defineCommand } from '../../cli/options.ts';
import { systemClock } from '../../sampling/clock.ts';
import { readTraceOptions, traceOptions } from './options.ts';
import { hasHeld, jsonReport, textReport } from './report.ts';
import { trace } from './run.ts';

export function traceCommand(): Command {
  return defineCommand({
    name: 'trace',
    description: 'find the hops of one 5-tuple, and what each tells, without a privilege',
    usage: '[options] URL',
    options: traceOptions,
    help,
    async run(line) {
      const options = readTraceOptions(line);
      using interruption = new Interruption();
      const result = await trace(options, { clock: systemClock, signal: interruption.signal });
      process.stdout.write(line.values.json ? jsonReport(options, result) : textReport(options, result));
      if (!hasHeld(result)) process.exitCode = exitCode.failed;
    },
  });
}

const help = `
The URL is that of a target of any scheme; its query may have dscp, the mark of the probes.
Every probe has the same protocol, addresses and ports, so that all take the one of several parallel paths that this flow
takes. Over UDP all hops are asked together; over TCP, and of daytime over UDP, one after the other. It takes Linux and
node:ffi, as in the image, and no privilege.

Exit code: 0 the target answered, 1 it did not, or no hop can be found here, 2 the command line is wrong.

Examples:
  load-probe trace echo+udp://192.0.2.7:7
  load-probe trace --source-port 20003 --against 20004 echo+tcp://192.0.2.7:7
  load-probe trace --json 'stamp+udp://[2001:db8::7]:862?dscp=af13'`;
