import { quoted } from '@echo-daytime/runtime';
import { Command, CommanderError } from 'commander';
import { exitCode, OutputError, UsageError } from './cli/errors.ts';
import { forceExit } from './cli/force-exit.ts';
import { StandardStreams } from './cli/standard-streams.ts';
import { version } from './program.ts';

/** The commands; the first is the default. Only the module of the command that runs is loaded, so that it starts fast. */
const commands: Readonly<
  Record<string, (env: NodeJS.ProcessEnv, behind?: readonly string[]) => Promise<Command>>
> = {
  monitor: async (env) => (await import('./commands/monitor/command.ts')).monitorCommand(env),
  check: async () => (await import('./commands/check/command.ts')).checkCommand(),
  load: async () => (await import('./commands/load/command.ts')).loadCommand(),
  during: async (_env, behind) => (await import('./commands/during/command.ts')).duringCommand(behind),
  send: async () => (await import('./commands/send/command.ts')).sendCommand(),
  idle: async () => (await import('./commands/idle/command.ts')).idleCommand(),
  mtu: async () => (await import('./commands/mtu/command.ts')).mtuCommand(),
  trace: async () => (await import('./commands/trace/command.ts')).traceCommand(),
  paths: async () => (await import('./commands/paths/command.ts')).pathsCommand(),
  explain: async () => (await import('./commands/explain/command.ts')).explainCommand(),
  resolve: async () => (await import('./commands/resolve/command.ts')).resolveCommand(),
  targets: async (env) => (await import('./commands/targets/command.ts')).targetsCommand(env),
};
const names = Object.keys(commands);

/** Runs the command line; the process ends soon after with its exit code. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { own, behind } = splitArguments(args);
  const root = await rootCommand(env, args[0], behind);
  let running = root.name();
  root.hook('preAction', (_root, command) => {
    running = `${root.name()} ${command.name()}`;
  });
  const report = ({ message }: OutputError): void => void process.stderr.write(`${running}: ${message}\n`);
  const streams = new StandardStreams(report);
  try {
    expectCommand(args[0]);
    await root.parseAsync(own, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed the message already.
      process.exitCode = error.exitCode === 0 ? exitCode.held : exitCode.usage;
    } else if (error instanceof UsageError) {
      process.stderr.write(usageReport(running, error));
      process.exitCode = exitCode.usage;
    } else if (error instanceof OutputError) {
      report(error);
      process.exitCode = exitCode.usage;
    } else {
      throw error;
    }
  }
  await streams.written();
  if (streams.haveFailed) process.exitCode = exitCode.usage;
  forceExit();
}

/**
 * The command line for commander.
 *
 * @param word the first word. Where it names a command, only that command is loaded; otherwise all are, for the help.
 * @param behind the words of another program, see `splitArguments`
 */
export async function rootCommand(
  env: NodeJS.ProcessEnv,
  word = '',
  behind?: readonly string[],
): Promise<Command> {
  const root = new Command('load-probe')
    .description('Probes echo (RFC 862) and daytime (RFC 867) targets')
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .addHelpText('after', '\nload-probe COMMAND --help tells more of each.');
  for (const name of names.includes(word) ? [word] : names) {
    const command = await commands[name]?.(env, behind);
    if (command) root.addCommand(command.exitOverride(), { isDefault: name === names[0] });
  }
  return root;
}

/** Behind the `--` of `during` stand the words of another program, whose options are not ours. */
function splitArguments(args: readonly string[]) {
  const at = args[0] === 'during' ? args.indexOf('--') : -1;
  return at < 0 ? { own: args } : { own: args.slice(0, at), behind: args.slice(at + 1) };
}

/** Without this check commander would pass an unknown word to the default command, `monitor`, which takes no operand. */
function expectCommand(word = '-'): void {
  if (word.startsWith('-') || names.includes(word)) return;
  const list = new Intl.ListFormat('en-GB').format(names);
  throw new UsageError([`there is no command ${quoted(word)}; there are ${list}`]);
}

function usageReport(command: string, { problems }: UsageError): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `  ${problem}\n`).join('');
  return `${command}: ${count} in the command line\n${lines}Run with --help for its options.\n`;
}
