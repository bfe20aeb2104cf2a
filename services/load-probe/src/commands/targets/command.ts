import { quoted } from '@echo-daytime/runtime';
import { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { OptionReader } from '../../cli/option-reader.ts';
import { probeKeys } from '../../config.ts';
import { describeProblems } from '../../targets/file.ts';
import { loadTargetsFile } from '../../targets/load-file.ts';
import type { CommonSettings } from '../../targets/target.ts';
import { targetsJson, targetsTable } from './report.ts';

interface Given {
  readonly json?: true;
}

export function targetsCommand(env: NodeJS.ProcessEnv): Command {
  return (
    new Command('targets')
      .description('validate a targets file and print what it asks for')
      .usage('[options] FILE')
      // Left to the action, so that it names every mistake at once.
      .allowUnknownOption()
      .allowExcessArguments()
      .option('--json', 'Print the result as JSON')
      .addHelpText('after', help)
      .action((given: Given, command: Command) => run(command.args, given, env))
  );
}

function run(args: readonly string[], { json }: Given, env: NodeJS.ProcessEnv): void {
  const reader = new OptionReader(args);
  const settings: CommonSettings = {
    interval: reader.read('INTERVAL', env.INTERVAL, probeKeys.interval),
    timeout: reader.read('TIMEOUT', env.TIMEOUT, probeKeys.timeout),
    size: reader.read('SIZE', env.SIZE, probeKeys.size),
  };
  let path = '';
  const read = (text: string): ReturnType<typeof loadTargetsFile> => {
    path = text;
    return loadTargetsFile(text, settings);
  };
  const file = reader.operand('FILE', 'targets.yaml', read);
  const { targets, problems } = reader.done({ file }).file;
  if (problems.length > 0) process.exitCode = exitCode.usage;
  if (json) {
    process.stdout.write(targetsJson(targets, problems));
  } else if (problems.length > 0) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const lines = describeProblems(problems).map((line) => `  ${line}\n`);
    process.stderr.write(`load-probe targets: ${count} in ${quoted(path)}\n${lines.join('')}`);
  } else {
    process.stdout.write(targetsTable(targets));
  }
}

/** For the help; every line of it is read by a test. */
export const exampleTargetsFile = `defaults:
  interval: 500ms
  slo: { loss: 1%, p99: 20ms }
targets:
  - url: echo+tcp://192.0.2.7:7
    name: lb
    flow: both
  - url: daytime+udp://[2001:db8::7]:13
    interval: 5s
`;

const help = `
What the file leaves open is as INTERVAL, TIMEOUT and SIZE say, for monitor too.

A targets file:
${exampleTargetsFile.replace(/^/gm, '  ').trimEnd()}

Exit code: 0 the file is valid, 2 it is not, or the command line is wrong.

Example:
  load-probe targets targets.yaml && TARGETS_FILE=targets.yaml load-probe`;
