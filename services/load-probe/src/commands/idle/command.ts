import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { Interruption } from '../../cli/interruption.ts';
import { defineCommand } from '../../cli/options.ts';
import { openUdpEngine } from '../../net/udp-engine.ts';
import { systemClock } from '../../sampling/clock.ts';
import { idleOptions, readIdleOptions } from './options.ts';
import { flowLine, hasHeld, jsonReport, openedLine, textReport } from './report.ts';
import { findIdleLimit } from './run.ts';

export function idleCommand(): Command {
  return defineCommand({
    name: 'idle',
    description: 'find how long the path keeps an idle connection or UDP flow alive, and how it dies',
    usage: '[options] URL',
    options: idleOptions,
    help,
    async run(line) {
      const options = readIdleOptions(line);
      const { json } = line.values;
      const note = (text: string): void => {
        if (!json) process.stderr.write(text);
      };
      using interruption = new Interruption();
      const udp = await openUdpEngine(options.protocol === 'echo-udp' ? 'auto' : 'dgram');
      const search = await findIdleLimit(
        { ...options, clock: systemClock, udp, signal: interruption.signal },
        {
          failed: (detail) => note(`note: ${detail}\n`),
          opened: (remote, timesMs) => note(openedLine(remote, timesMs)),
          flowEnded: (outcome) => note(flowLine(outcome)),
        },
      );
      process.stdout.write(json ? jsonReport(options, search) : textReport(options, search));
      if (!hasHeld(options, search)) process.exitCode = exitCode.failed;
    },
  });
}

const help = `
The URL's scheme is echo+tcp, echo+udp or session+tcp.
Up to 64 flows are opened together, each is left idle for a different time, and then gets one request. So a search takes
about as long as the longest idle time. A second round follows where the first is too coarse for --resolution.
Over UDP a reply after the idle time shows that the path still carries the flow. It does not show that a NAT kept its
mapping: the request makes a new one.

Exit code: 0 a result was found and --min held, 1 no result or --min did not hold, 2 the command line is wrong.

Examples:
  load-probe idle --max 10m --resolution 5s echo+tcp://192.0.2.7:7
  load-probe idle --max 5m --min 4m --json echo+udp://echo.example:7`;
