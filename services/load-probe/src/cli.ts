import { Command, CommanderError } from 'commander';
import { checkCommand } from './commands/check.ts';
import { idleCommand } from './commands/idle.ts';
import { loadCommand } from './commands/load.ts';
import { monitorCommand } from './commands/monitor.ts';
import { mtuCommand } from './commands/mtu.ts';
import { resolveCommand } from './commands/resolve.ts';
import { sendCommand } from './commands/send.ts';
import { targetsCommand } from './commands/targets.ts';
import { endInTime } from './end-in-time.ts';
import { exitCode } from './exit-code.ts';
import { OutputError } from './output-error.ts';
import { StandardStreams } from './standard-streams.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

/** Each command in a module of its own; the first is the default one. */
const commands: readonly ((env: NodeJS.ProcessEnv) => Command)[] = [
  monitorCommand,
  checkCommand,
  loadCommand,
  sendCommand,
  idleCommand,
  mtuCommand,
  resolveCommand,
  targetsCommand,
];

/** Runs the command line; the process ends soon after with its exit code. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const root = rootCommand(env);
  let running = root.name();
  root.hook('preAction', (_root, command) => {
    running = `${root.name()} ${command.name()}`;
  });
  const say = ({ message }: OutputError): void => void process.stderr.write(`${running}: ${message}\n`);
  const streams = new StandardStreams(say);
  try {
    expectCommand(root, args[0]);
    await root.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it all.
      process.exitCode = error.exitCode === 0 ? exitCode.held : exitCode.usage;
    } else if (error instanceof UsageError) {
      process.stderr.write(usageReport(running, error));
      process.exitCode = exitCode.usage;
    } else if (error instanceof OutputError) {
      say(error);
      process.exitCode = exitCode.usage;
    } else {
      throw error;
    }
  }
  await streams.written();
  if (streams.haveFailed) process.exitCode = exitCode.usage;
  endInTime();
}

/** The whole command line as commander knows it. */
export function rootCommand(env: NodeJS.ProcessEnv): Command {
  const root = new Command('load-probe')
    .description('Probes echo (RFC 862) and daytime (RFC 867) targets')
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .addHelpText('after', '\nload-probe COMMAND --help tells more of each.');
  for (const [index, create] of commands.entries()) {
    root.addCommand(create(env).exitOverride(), { isDefault: index === 0 });
  }
  return root;
}

/** Else commander gives the word to the default command, which knows no word. */
function expectCommand(root: Command, word = '-'): void {
  const names = root.commands.map((command) => command.name());
  if (word.startsWith('-') || names.includes(word)) return;
  const list = new Intl.ListFormat('en-GB').format(names);
  throw new UsageError([`there is no command "${word}"; there are ${list}`]);
}

function usageReport(command: string, { problems }: UsageError): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `  ${problem}\n`).join('');
  return `${command}: ${count} in the command line\n${lines}Run with --help for its options.\n`;
}
