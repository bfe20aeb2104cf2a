import { quoted, variableOf } from '@echo-daytime/runtime';
import type { Command } from 'commander';
import { exitCode } from '../../cli/errors.ts';
import { defineCommand, flag } from '../../cli/options.ts';
import { probeKeys } from '../../config.ts';
import { describeProblems } from '../../targets/file.ts';
import { type LoadedFile, loadTargetsFile } from '../../targets/load-file.ts';
import { targetsJson, targetsTable } from './report.ts';

export function targetsCommand(env: NodeJS.ProcessEnv): Command {
  return defineCommand({
    name: 'targets',
    description: 'validate a targets file and print its targets',
    usage: '[options] FILE',
    options: { json: flag('Print the result as JSON') },
    help,
    run(line) {
      const setting = (name: 'interval' | 'timeout' | 'size'): number => {
        const { default: initial, parse } = probeKeys[name];
        const variable = variableOf(name);
        return line.parsed(`${variable} `, env[variable] ?? initial, parse) ?? parse(initial);
      };
      const settings = { interval: setting('interval'), timeout: setting('timeout'), size: setting('size') };
      const file = line.operand('FILE', 'targets.yaml', (path) => ({
        path,
        ...loadTargetsFile(path, settings),
      }));
      print(line.done({ file }).file, line.values.json);
    },
  });
}

function print({ path, problems, targets }: LoadedFile & { readonly path: string }, isJson: boolean): void {
  if (problems.length > 0) process.exitCode = exitCode.usage;
  if (isJson) {
    process.stdout.write(targetsJson(targets, problems));
  } else if (problems.length > 0) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const lines = describeProblems(problems).map((line) => `  ${line}\n`);
    process.stderr.write(`load-probe targets: ${count} in ${quoted(path)}\n${lines.join('')}`);
  } else {
    process.stdout.write(targetsTable(targets));
  }
}

/** For the help. A test parses it. */
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
INTERVAL, TIMEOUT and SIZE are the values of settings that the file leaves out, as for monitor.

A targets file:
${exampleTargetsFile.replace(/^/gm, '  ').trimEnd()}

Exit code: 0 the file is valid, 2 it is not, or the command line is wrong.

Example:
  load-probe targets targets.yaml && TARGETS_FILE=targets.yaml load-probe`;
