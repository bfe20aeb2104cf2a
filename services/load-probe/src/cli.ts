import { describeKeys } from '@echo-daytime/runtime';
import { Command, CommanderError } from 'commander';
import { check, hasHeld } from './check.ts';
import { checkKeys, type GivenOptions, readCheckOptions, UsageError } from './check-options.ts';
import { jsonReport, textReport } from './check-report.ts';
import { probeKeys } from './config.ts';
import { monitor } from './monitor.ts';
import { schemes } from './protocol.ts';
import { version } from './version.ts';

const EXIT_GATE = 1;
const EXIT_USAGE = 2;
/** A process that SIGINT ended, by convention 128 + its number. */
const EXIT_INTERRUPTED = 130;

const targetHelp = `
Targets are URLs: SCHEME://HOST:PORT, the schemes are ${schemes.join(', ')}.
A query sets what differs for one target: ?name=…&interval=…&timeout=…&size=…`;

/** Runs the command line; the exit code is left in `process.exitCode`. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await program(env).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it all.
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    } else if (error instanceof UsageError) {
      const problems = error.problems.map((problem) => `  ${problem}`).join('\n');
      const count = error.problems.length === 1 ? '1 problem' : `${error.problems.length} problems`;
      process.stderr.write(
        `load-probe check: ${count} in the command line\n${problems}\nRun with --help for its options.\n`,
      );
      process.exitCode = EXIT_USAGE;
    } else {
      throw error;
    }
  }
}

function program(env: NodeJS.ProcessEnv): Command {
  const root = new Command('load-probe')
    .description('Probes echo (RFC 862) and daytime (RFC 867) targets')
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .addHelpText('after', '\nload-probe COMMAND --help tells more of each.');
  root
    .command('monitor', { isDefault: true })
    .description('probe the targets until stopped: metrics, status page and its JSON on ADMIN_PORT')
    .usage('[flags]')
    // The flags are the configuration's keys, which the runtime reads and checks as it does for every service.
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', monitorHelp)
    .action((_options, command: Command) => monitor(command.args, env));
  root
    .command('check')
    .description('take some samples of each target, print what became of them, exit 1 if a gate did not hold')
    .usage('[options] URL...')
    // Left to the action, so that it names every mistake at once.
    .allowUnknownOption()
    .allowExcessArguments()
    .option('--count <n>', described('count'))
    .option('--interval <duration>', described('interval'))
    .option('--rate <n>', checkKeys.rate.doc)
    .option('--timeout <duration>', described('timeout'))
    .option('--size <size>', described('size'))
    .option('--max-loss <percentage>', described('maxLoss'))
    .option('--json', 'Print the result as JSON')
    .addHelpText('after', checkHelp)
    .action((options: GivenOptions & { readonly json?: true }, command: Command) =>
      runCheck(command.args, options),
    );
  return root;
}

async function runCheck(
  args: readonly string[],
  options: GivenOptions & { readonly json?: true },
): Promise<void> {
  const checkOptions = readCheckOptions(args, options);
  const interrupted = new AbortController();
  const interrupt = (): void => {
    if (interrupted.signal.aborted) process.exit(EXIT_INTERRUPTED);
    interrupted.abort();
  };
  process.on('SIGINT', interrupt);
  const result = await check(checkOptions, interrupted.signal);
  process.removeListener('SIGINT', interrupt);
  process.stdout.write(options.json ? jsonReport(result) : textReport(result));
  if (!hasHeld(result)) process.exitCode = EXIT_GATE;
}

function described(name: keyof typeof checkKeys): string {
  return `${checkKeys[name].doc} (default ${checkKeys[name].default})`;
}

const monitorHelp = `
Every key is an environment variable or a flag; the flag wins.

${describeKeys(probeKeys)}

  --check-config  validate the configuration and exit
${targetHelp}

Example:
  load-probe monitor --targets 'echo+tcp://192.0.2.7:7?name=lb,daytime+udp://192.0.2.7:13' --interval 500ms`;

const checkHelp = `${targetHelp}

Exit code: 0 every gate held, 1 a gate did not hold, 2 the command line is wrong.

Example:
  load-probe check --count 100 --rate 50 --max-loss 1% 'echo+udp://[2001:db8::7]:7?size=1400'`;
