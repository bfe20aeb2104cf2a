import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { JunitFile } from '../../cli/junit.ts';
import { defineCommand } from '../../cli/options.ts';
import { targetHelp } from '../../cli/target-operand.ts';
import { junitReport } from './junit.ts';
import { checkOptions, readCheckOptions } from './options.ts';
import { jsonReport, textReport } from './report.ts';
import { check, hasHeld } from './run.ts';

export function checkCommand(): Command {
  return defineCommand({
    name: 'check',
    description: 'take some samples of each target, print the results, exit 1 if a gate did not hold',
    usage: '[options] URL...',
    options: checkOptions,
    help,
    async run(line) {
      const options = readCheckOptions(line);
      const { json, junit: path } = line.values;
      const junit = path === undefined ? undefined : new JunitFile(path);
      using interruption = new Interruption();
      const result = await check(options, interruption.signal);
      process.stdout.write(json ? jsonReport(result) : textReport(result));
      if (!hasHeld(result)) process.exitCode = exitCode.failed;
      junit?.write(junitReport(result));
    },
  });
}

const help = `${targetHelp}

A gate is a limit that every target must hold. The jitter is the mean change of the round-trip time from one sample to
the next.

Exit code: 0 every gate held, 1 a gate did not hold, 2 the command line is wrong.

Examples:
  load-probe check --count 100 --rate 50 --max-loss 1% 'echo+udp://[2001:db8::7]:7?size=1400'
  load-probe check --max-p99 100ms --min-success 95% --junit result.xml echo+tcp://192.0.2.7:7 daytime+tcp://192.0.2.7:13
  load-probe check --count 20 --responders 1 session+tcp://192.0.2.7:7014`;
