import { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { OptionReader, withDefault } from '../../cli/option-reader.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { readPort, splitHostAndService } from '../../targets/endpoint.ts';
import { jsonReport, textReport } from './report.ts';
import { findNames, type ResolveOptions } from './run.ts';

const timeoutKey = durationFrom({ min: '1ms', max: '1h' }, '5s', 'How long each lookup may take');

interface Given {
  readonly reverse?: true;
  readonly timeout?: string;
  readonly json?: true;
}

export function resolveCommand(): Command {
  return (
    new Command('resolve')
      .description('addresses of a host, IPv4 and IPv6, and ports of a service')
      .usage('[options] HOST[:SERVICE]')
      // Left to the action, so that it names every mistake at once.
      .allowUnknownOption()
      .allowExcessArguments()
      .option('--reverse', 'Look up the name of each address too')
      .option('--timeout <duration>', withDefault(timeoutKey))
      .option('--json', 'Print the result as JSON')
      .addHelpText('after', help)
      .action((given: Given, command: Command) => run(command.args, given))
  );
}

async function run(args: readonly string[], given: Given): Promise<void> {
  const options = readOptions(args, given);
  const resolution = await findNames(options, new AbortController().signal);
  if (given.json) {
    process.stdout.write(jsonReport(options, resolution));
  } else {
    process.stdout.write(textReport(options, resolution));
    for (const problem of resolution.problems) process.stderr.write(`${problem}\n`);
  }
  if (resolution.problems.length > 0) process.exitCode = exitCode.failed;
}

function readOptions(args: readonly string[], given: Given): ResolveOptions {
  const reader = new OptionReader(args);
  const what = reader.operand('HOST[:SERVICE]', 'echo.example:echo', (operand) => {
    const split = splitHostAndService(operand);
    if (split.host === '' && split.service === undefined)
      throw new Error('names neither a host nor a service');
    if (/^\d+$/.test(split.service ?? '')) readPort(split.service ?? '');
    return split;
  });
  const timeoutMs = reader.read('--timeout', given.timeout, timeoutKey);
  const { what: found, ...rest } = reader.done({ what, timeoutMs });
  return { ...found, ...rest, reverse: given.reverse === true };
}

const help = `
Addresses come in the order in which this system would try them. Services are those of /etc/services, found by name,
alias or port; :SERVICE alone asks for a service only.

Exit code: 0 all was found (an address without a name counts as found), 1 something was not, 2 the command line is
wrong.

Examples:
  load-probe resolve --reverse echo.example:daytime
  load-probe resolve :7`;
