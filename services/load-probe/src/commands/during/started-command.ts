import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';
import { quoted } from '@echo-daytime/runtime';
import type { StopSignal } from '@echo-daytime/runtime/stop-signals';
import { UsageError } from '../../cli/errors.ts';

/** How a command ended: with an exit code, or by a signal. */
export type CommandEnd =
  | { readonly code: number; readonly signal: null }
  | { readonly code: null; readonly signal: NodeJS.Signals };

/** Where the system looks for programs without PATH. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';
const SHELL_HINT = "for a command line of a shell write -- sh -c '…'";

/** Why a command can't be started, or undefined. */
export function startProblem(
  [program = '']: readonly string[],
  { PATH = DEFAULT_PATH }: NodeJS.ProcessEnv,
): string | undefined {
  if (program === '') return `there is no command behind --; leave -- away to sample until Ctrl-C`;
  if (program.includes('/')) {
    const problem = fileProblem(program);
    return problem && `the command ${quoted(program)} can't be started: ${problem}`;
  }
  const problems = PATH.split(delimiter).map((folder) => fileProblem(join(folder || '.', program)));
  if (problems.includes(undefined)) return undefined;
  return `the command ${quoted(program)} can't be started: there is no such program on the PATH; ${SHELL_HINT}`;
}

function fileProblem(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'it is no file';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
      ? 'it may not be executed (EACCES)'
      : (error as Error).message;
  }
}

/** A command with the standard streams of this process. */
export class StartedCommand {
  readonly #child: ChildProcess;
  /** Rejects with a UsageError where the system can't start it. */
  readonly ended: Promise<CommandEnd>;

  constructor([program = '', ...args]: readonly string[]) {
    this.#child = spawn(program, args, { stdio: 'inherit' });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('exit', (code, signal) => {
        resolve(signal === null ? { code: code ?? 0, signal } : { code: null, signal });
      });
      this.#child.on('error', ({ message }) => {
        reject(new UsageError([`the command ${quoted(program)} can't be started: ${message}`]));
      });
    });
  }

  /** Passes a signal on, unless the command got it in any case. */
  pass(signal: StopSignal): void {
    // A second SIGINT makes some programs end without tidying up.
    if (signal !== 'SIGTERM' && isInForeground()) return;
    this.#child.kill(signal);
  }
}

/**
 * Whether this process is in the foreground of a terminal, which sends the signal of Ctrl-C, and that of its end, to every
 * process there.
 */
function isInForeground(): boolean {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'latin1');
  } catch {
    return false;
  }
  // proc_pid_stat(5): behind the name, which may hold anything, come state, ppid, pgrp, session, tty_nr and tpgid.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}

/** The exit code of a command as shells have it: 128 + the number of the signal that ended it. */
export function exitCodeOf(end: CommandEnd): number {
  return end.signal === null ? end.code : 128 + system.signals[end.signal];
}
