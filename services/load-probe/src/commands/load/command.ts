import { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { allHeld } from '../../cli/gates.ts';
import { Interruption } from '../../cli/interruption.ts';
import { withDefault } from '../../cli/option-reader.ts';
import { type GivenLoadOptions, loadKeys, readLoadOptions } from './options.ts';
import { showProgress } from './progress.ts';
import { jsonReport, judgeLoad, textReport } from './report.ts';
import { runLoad } from './run.ts';

interface Given extends GivenLoadOptions {
  readonly json?: true;
}

export function loadCommand(): Command {
  return (
    new Command('load')
      .description('send a target as much as it takes, or messages at a rate, and measure what comes back')
      .usage('[options] URL')
      // Left to the action, so that it names every mistake at once.
      .allowUnknownOption()
      .allowExcessArguments()
      .option('--rate <n>', loadKeys.rate.doc)
      .option('--duration <duration>', withDefault(loadKeys.duration))
      .option('--connections <n>', withDefault(loadKeys.connections))
      .option('--pipeline <n>', withDefault(loadKeys.pipeline))
      .option('--size <size>', withDefault(loadKeys.size))
      .option('--timeout <duration>', withDefault(loadKeys.timeout))
      .option('--workers <n>', withDefault(loadKeys.workers))
      .option('--max-loss <percentage>', withDefault(loadKeys.maxLoss))
      .option('--max-p50 <time>', loadKeys.maxP50.doc)
      .option('--max-p99 <time>', loadKeys.maxP99.doc)
      .option('--min-measured <percentage>', withDefault(loadKeys.minMeasured))
      .option('--json', 'Print the result as JSON')
      .addHelpText('after', help)
      .action((given: Given, command: Command) => run(command.args, given))
  );
}

async function run(args: readonly string[], given: Given): Promise<void> {
  const { plan, limits, minMeasured } = readLoadOptions(args, given);
  using interruption = new Interruption();
  const observer = showProgress(process.stderr, plan.durationMs);
  const result = await runLoad(plan, { signal: interruption.signal, observer });
  const judged = judgeLoad(result, limits, minMeasured);
  process.stdout.write(given.json ? jsonReport(judged) : textReport(judged));
  if (!allHeld(judged.gates)) process.exitCode = exitCode.failed;
}

const help = `
The URL's scheme is echo+tcp, echo+udp, daytime+tcp or daytime+udp. Every echo is compared byte for byte.
Without --rate each connection sends its next message when the answer to the one before is there (closed loop).
With it, messages are due at that rate whatever the target does (open loop): one that finds no connection free waits,
and its latency counts from when it was due. What the target can't take is reported as shortfall.
Progress goes to standard error. Ctrl-C ends the load early, with a report.

Exit code: 0 every gate held, 1 a gate did not hold, 2 the command line is wrong.

Examples:
  load-probe load --connections 50 --duration 30s echo+tcp://192.0.2.7:7
  load-probe load --rate 500 --duration 30s --max-p99 100ms --json echo+udp://192.0.2.7:7`;
