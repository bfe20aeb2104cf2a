import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { JunitFile } from '../../cli/junit.ts';
import { defineCommand } from '../../cli/options.ts';
import { targetHelp } from '../../cli/target-operand.ts';
import { junitReport } from './junit.ts';
import { duringOptions, readDuringOptions } from './options.ts';
import { jsonReport, textReport } from './report.ts';
import { type DuringResult, during, hasHeld } from './run.ts';
import { exitCodeOf, StartedCommand } from './started-command.ts';

/** @param words the command: what stands behind `--`; undefined without `--` */
export function duringCommand(words: readonly string[] | undefined): Command {
  return defineCommand({
    name: 'during',
    description: 'run a command, such as a rollout, and say what it cost new and old flows',
    usage: '[options] URL... [-- COMMAND...]',
    options: duringOptions,
    help,
    async run(line) {
      const options = readDuringOptions(line, words);
      const { json, junit: path } = line.values;
      const junit = path === undefined ? undefined : new JunitFile(path);
      let command: StartedCommand | undefined;
      using interruption = new Interruption((signal) => command?.pass(signal));
      const { signal } = interruption;
      const result = await during(options, {
        signal,
        async work() {
          if (words === undefined) {
            process.stderr.write('every sample of the warm-up was ok; sampling until Ctrl-C\n');
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            return undefined;
          }
          command = new StartedCommand(words);
          return command.ended;
        },
      });
      process.stdout.write(json ? jsonReport(result, words) : textReport(result, words));
      process.exitCode = exitCodeFor(result);
      junit?.write(junitReport(result, words));
    },
  });
}

function exitCodeFor(result: DuringResult): number {
  const { work } = result;
  if (work.name === 'not_begun') return exitCode.unknown;
  const code = work.end ? exitCodeOf(work.end) : exitCode.held;
  return code === exitCode.held && !hasHeld(result) ? exitCode.failed : code;
}

const help = `${targetHelp}

Each target is sampled over new flows, a connection or source port for each sample, and over an old flow, one that is
opened before the command; flow=fresh or flow=sticky in its URL leaves the other away. The report follows the output of
the command. A stop signal is passed on to the command; without a command Ctrl-C ends sampling.

Exit code: that of the command where it fails, and 128 + its number where a signal ended it; otherwise 0 every gate held,
1 a gate did not hold, 2 the command line is wrong or the command can't be started, 3 not every sample of the warm-up was
ok, and the command was not started.

Examples:
  load-probe during --max-gap 500ms echo+tcp://192.0.2.7:7 echo+udp://192.0.2.7:7 -- sleep 10
  load-probe during --junit result.xml stamp+udp://192.0.2.7:862 -- sh -c 'echo begin; sleep 5; echo end'`;
