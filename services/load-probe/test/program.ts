import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { endWithThisProcess } from '../../../tests/harness/end-with-this-process.ts';
import { mainOfService, NODE } from '../../../tests/harness/main-module.ts';

export const MAIN = mainOfService('load-probe');
const { NODE_COMPILE_CACHE, PATH } = process.env;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts the load probe as a process.
 *
 * @param descriptors limit of open files; default: that of the machine
 */
export function startProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  descriptors?: number,
): ChildProcess {
  const command = [...NODE, MAIN, ...args];
  const limited =
    descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh'];
  const [program, ...rest] = [...limited, ...command];
  const child = spawn(program!, rest, { env: { NODE_COMPILE_CACHE, PATH, ...env } });
  endWithThisProcess(child);
  return child;
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

export function runProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return ended(startProgram(args, env));
}

/** Source of a thread that runs a main module. It ends the thread where the program would end its process. */
const threadOf = (module: string): string => `
  for (const stream of [process.stdout, process.stderr]) {
    // The standard streams of a thread have no descriptor, and the probe checks whether it is a file.
    Object.defineProperty(stream, 'fd', { value: require('node:fs').openSync('/dev/null') });
  }
  import(${JSON.stringify(module)}).then(() => process.exit());`;

/**
 * Runs a main module in a thread with its own arguments, environment, standard streams and exit code, for less than half
 * the CPU of a process.
 */
export async function runModule(
  module: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  const thread = new Worker(threadOf(module), {
    eval: true,
    argv: [...args],
    env,
    stdin: true,
    stdout: true,
    stderr: true,
  });
  thread.stdin!.end();
  const [[code], stdout, stderr] = await Promise.all([
    once(thread, 'exit') as Promise<[number]>,
    text(thread.stdout),
    text(thread.stderr),
  ]);
  return { code, stdout, stderr };
}

/** Runs the load probe in a thread. Tests of signals, pipes and files use `runProcess`. */
export function runProgram(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return runModule(MAIN, args, { NODE_COMPILE_CACHE, PATH, ...env });
}

export interface Monitor {
  /** URL of the admin listener, `http://127.0.0.1:port`. */
  readonly url: string;
  readonly stderr: () => string;
  signal(name: NodeJS.Signals): void;
  /** Stops the monitor; resolves with its exit code. */
  stop(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `monitor` on a free port. */
export async function startMonitor(env: NodeJS.ProcessEnv): Promise<Monitor> {
  const child = startProgram(['monitor'], { ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0', ...env });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  for await (const line of createInterface({ input: child.stdout! })) {
    const { msg, addresses } = JSON.parse(line);
    if (msg !== 'admin listening') continue;
    child.stdout?.resume();
    const stop = async (): Promise<number | null> => {
      if (child.exitCode === null) child.kill('SIGTERM');
      const [code] = await closed;
      return code;
    };
    return {
      url: `http://127.0.0.1:${addresses[0].port}`,
      stderr: () => stderr,
      signal: (name) => void child.kill(name),
      stop,
      async [Symbol.asyncDispose]() {
        await stop();
      },
    };
  }
  throw new Error(`monitor ended before it listened: ${stderr}`);
}
