import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { allHeld } from '../../cli/gates.ts';
import { Interruption } from '../../cli/interruption.ts';
import { defineCommand } from '../../cli/options.ts';
import { loadOptions, readLoadOptions } from './options.ts';
import { showProgress } from './progress.ts';
import { jsonReport, judgeLoad, textReport } from './report.ts';
import { runLoad } from './run.ts';

export function loadCommand(): Command {
  return defineCommand({
    name: 'load',
    description: 'send messages to a target as fast as it replies, or at a rate, and measure the replies',
    usage: '[options] URL',
    options: loadOptions,
    help,
    async run(line) {
      const { plan, limits, minMeasured } = readLoadOptions(line);
      using interruption = new Interruption();
      const observer = showProgress(process.stderr, plan.durationMs);
      const result = await runLoad(plan, { signal: interruption.signal, observer });
      const judged = judgeLoad(result, limits, minMeasured);
      process.stdout.write(line.values.json ? jsonReport(judged) : textReport(judged));
      if (!allHeld(judged.gates)) process.exitCode = exitCode.failed;
    },
  });
}

const help = `
The URL's scheme is echo+tcp, echo+udp, daytime+tcp or daytime+udp. Every echo is compared byte for byte.
Without --rate each connection sends its next message when the reply to the previous message is there (closed loop).
With --rate, messages are due at that rate whatever the target does (open loop): a message that finds no connection free
waits, and its latency counts from its due time. Messages that the target did not answer in time are reported as shortfall.
Progress goes to standard error. Ctrl-C ends the load early, with a report.

Exit code: 0 every gate held, 1 a gate did not hold, 2 the command line is wrong.

Examples:
  load-probe load --connections 50 --duration 30s echo+tcp://192.0.2.7:7
  load-probe load --rate 500 --duration 30s --max-p99 100ms --json echo+udp://192.0.2.7:7`;
