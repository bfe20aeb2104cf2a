import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { defineCommand } from '../../cli/options.ts';
import { systemClock } from '../../sampling/clock.ts';
import { explainOptions, readExplainOptions } from './options.ts';
import { begunLine, endedLines, jsonReport, loadLine, textReport } from './report.ts';
import { explain } from './run.ts';

export function explainCommand(): Command {
  return defineCommand({
    name: 'explain',
    description: 'find the cause of a fault by experiments, and name it with the evidence',
    usage: '[options] URL',
    options: explainOptions,
    help,
    async run(line) {
      const options = readExplainOptions(line);
      const { json } = line.values;
      const note = (text: string): void => {
        if (!json) process.stderr.write(text);
      };
      using interruption = new Interruption();
      note(loadLine(options));
      const limits = { clock: systemClock, signal: interruption.signal };
      const explanation = await explain(options, limits, {
        begun: (experiment) => note(begunLine(experiment)),
        ended: (done, ruledOut) => note(endedLines(done, ruledOut)),
      });
      process.stdout.write(json ? jsonReport(options, explanation) : textReport(options, explanation));
      const { name } = explanation.conclusion;
      if (name === 'unknown') process.exitCode = exitCode.unknown;
      else if (name !== 'healthy') process.exitCode = exitCode.failed;
    },
  });
}

const help = `
Each experiment varies one thing and holds the others; the next one is always that which tells most per second. A cause is
named when it is beyond doubt, otherwise the result is unknown, with what is left. What the target does not offer is not
asked. The load is bounded by --max-rate and --budget.

Exit code: 0 healthy, 1 a cause is named, 2 the command line is wrong, 3 unknown.

Examples:
  load-probe explain echo+udp://192.0.2.7:7
  load-probe explain --budget 2m --max-rate 400 --json echo+tcp://192.0.2.7:7`;
