import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A running server. Disposing of it ends the process. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Port of `/metrics`. */
  readonly adminPort?: number;
  /** The end of its stderr, which may say why a run failed. */
  lastOutput(): string;
}

/** The ports that a server has printed. */
export type Ports = Pick<RunningServer, 'port' | 'adminPort'>;

/** How long a server may take to listen. Milliseconds. */
const START_TIMEOUT_MS = 20_000;

/**
 * Starts a program that prints its ports.
 *
 * @param portsOf parses the lines printed so far; undefined while a port is missing
 * @throws Error with the output of a program that ends or takes too long
 */
export async function startServerProcess(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  portsOf: (lines: readonly string[]) => Ports | undefined,
): Promise<RunningServer> {
  const server = new ServerProcess(command, env);
  const lines: string[] = [];
  const found = (async () => {
    for await (const line of createInterface({ input: server.child.stdout! })) {
      lines.push(line);
      const ports = portsOf(lines);
      if (ports) return ports;
    }
    return undefined;
  })();
  const ports = await Promise.race([found, server.ended(START_TIMEOUT_MS)]);
  if (!ports) {
    await server[Symbol.asyncDispose]();
    throw new Error(`${command.join(' ')} did not listen\n${[...lines, server.stderr].join('\n')}`);
  }
  // Later output is read and dropped, because a full pipe would block the program.
  server.child.stdout?.resume();
  return server.on(ports);
}

/** Starts a program that prints nothing, and waits until its port accepts connections. */
export async function startSilentServer(
  command: readonly string[],
  port: number,
  isUp: () => Promise<void>,
): Promise<RunningServer> {
  const server = new ServerProcess(command, {});
  try {
    await isUp();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw new Error(`${command.join(' ')} did not listen\n${server.stderr}`, { cause: error });
  }
  return server.on({ port });
}

class ServerProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** The end of its error output. */
  stderr = '';
  readonly #exited: Promise<unknown>;

  constructor([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    this.#exited = once(this.child, 'exit');
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-2_000);
    });
  }

  on(ports: Ports): RunningServer {
    return {
      ...ports,
      pid: this.child.pid!,
      lastOutput: () => this.stderr.trim(),
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  /** Resolves when the process has ended, or after `timeoutMs`. */
  async ended(timeoutMs: number): Promise<undefined> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([this.#exited, promise]);
    clearTimeout(timer);
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#exited;
  }
}
