import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from './end-with-this-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ShellOptions {
  /** The input; without it stdin is at its end from the start. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory; by default the repository. */
  readonly folder?: string;
  /** Runs it on a terminal, where all output is stdout. */
  readonly terminal?: boolean;
}

/** As a terminal sends it for Ctrl-C: ETX. */
const CTRL_C = '\x03';

/** A command line of bash in a process group of its own, as a terminal would start it. */
export class ShellProgram implements AsyncDisposable {
  readonly child: ChildProcess;
  /** Exit code and signal, once all output is read. */
  readonly exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  readonly #terminal: boolean;
  stdout = '';
  stderr = '';

  constructor(command: string, { input, env = {}, folder = root, terminal = false }: ShellOptions = {}) {
    const { PORT: _port, ADMIN_PORT: _adminPort, ...inherited } = process.env;
    this.#terminal = terminal;
    const [program, ...flags] = terminal
      ? (['script', '--quiet', '--flush', '--return', '--command', command, '/dev/null'] as const)
      : (['bash', '-c', command] as const);
    this.child = spawn(program, flags, {
      cwd: folder,
      detached: true,
      env: { ...inherited, ...env, SHELL: '/bin/bash' },
      stdio: [input === undefined && !terminal ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    endWithThisProcess(this.child, () => this.kill());
    this.exited = once(this.child, 'close') as typeof this.exited;
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    if (!terminal) this.child.stdin?.end(input);
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Waits for this text on stdout; fails if the program ends without it. */
  async printed(text: string): Promise<void> {
    const ended = this.exited.then((exit) => {
      throw new Error(`ended (${exit}) before it printed "${text}"\n${this.output}`);
    });
    ended.catch(() => {});
    while (!this.stdout.includes(text)) await Promise.race([once(this.child.stdout!, 'data'), ended]);
  }

  /** A terminal sends the signal to every process of the foreground group. */
  pressCtrlC(): void {
    if (this.#terminal) this.child.stdin?.write(CTRL_C);
    else process.kill(-this.child.pid!, 'SIGINT');
  }

  /** Process ids of this program and all that it has started, directly or not, parents first. */
  family(): number[] {
    const parents = new Map<number, number>();
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const parent = parentOf(Number(entry));
      if (parent !== undefined) parents.set(Number(entry), parent);
    }
    const found = [this.child.pid!];
    for (const pid of found)
      found.push(...[...parents].filter(([, parent]) => parent === pid).map(([id]) => id));
    return found;
  }

  /** Ends processes that a failed test has left. */
  kill(): void {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    for (const pid of this.family()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.exited;
  }
}

/** The parent of a process that runs; the state and the parent follow the name, proc(5), /proc/pid/stat. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  return parentOf(pid) !== undefined;
}
