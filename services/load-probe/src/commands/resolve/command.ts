import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { type CommandLine, defineCommand, flag, option } from '../../cli/options.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { readPort, splitHostAndService } from '../../targets/endpoint.ts';
import { jsonReport, textReport } from './report.ts';
import { findNames, type ResolveOptions } from './run.ts';

const resolveOptions = {
  reverse: flag('Look up the name of each address too'),
  timeout: option(
    '<duration>',
    durationFrom({ min: '1ms', max: '1h' }, '5s', 'How long each lookup may take'),
  ),
  json: flag('Print the result as JSON'),
};

export function resolveCommand(): Command {
  return defineCommand({
    name: 'resolve',
    description: 'addresses of a host, IPv4 and IPv6, and ports of a service',
    usage: '[options] HOST[:SERVICE]',
    options: resolveOptions,
    help,
    async run(line) {
      const options = readOptions(line);
      const resolution = await findNames(options, new AbortController().signal);
      if (line.values.json) {
        process.stdout.write(jsonReport(options, resolution));
      } else {
        process.stdout.write(textReport(options, resolution));
        for (const problem of resolution.problems) process.stderr.write(`${problem}\n`);
      }
      if (resolution.problems.length > 0) process.exitCode = exitCode.failed;
    },
  });
}

function readOptions(line: CommandLine<typeof resolveOptions>): ResolveOptions {
  const what = line.operand('HOST[:SERVICE]', 'echo.example:echo', (operand) => {
    const split = splitHostAndService(operand);
    if (split.host === '' && split.service === undefined)
      throw new Error('names neither a host nor a service');
    if (/^\d+$/.test(split.service ?? '')) readPort(split.service ?? '');
    return split;
  });
  const { reverse, timeout: timeoutMs } = line.values;
  return { ...line.done({ what }).what, reverse, timeoutMs };
}

const help = `
Addresses come in the order in which this system would try them. Services are those of /etc/services, found by name,
alias or port; :SERVICE alone asks for a service only.

Exit code: 0 everything was found (an address without a name counts as found), 1 something was not found, 2 the command
line is wrong.

Examples:
  load-probe resolve --reverse echo.example:daytime
  load-probe resolve :7`;
