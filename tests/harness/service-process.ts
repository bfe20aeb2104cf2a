import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { BoundAddress } from '@echo-daytime/worker';
import { endWithThisProcess } from './end-with-this-process.ts';
import { eventually } from './eventually.ts';
import { BUNDLES, mainOfService, NODE } from './main-module.ts';
import { type Metrics, parseMetrics } from './metrics.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

type Environment = Readonly<Record<string, string>>;

/** The default configuration of every service under test: loopback, any free port, no optional listener. */
const DEFAULTS: Environment = {
  HOST: '127.0.0.1,::1',
  ADMIN_HOST: '127.0.0.1',
  PORT: '0',
  ADMIN_PORT: '0',
  DIALOG_PORT: '0',
  STAMP_PORT: '0',
  SESSION_PORT: '0',
  LOG_LEVEL: 'debug',
};

const { NODE_COMPILE_CACHE, PATH } = process.env;
const INHERITED: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE, PATH };

/** Number of tries with a port chosen by the system. */
const MAX_TRIES = 3;

/** Programs that are not bundled preload the poison, also in their workers. */
const LAUNCHER: readonly [string, ...string[]] = [
  ...NODE,
  ...(BUNDLES ? [] : ['--import', new URL('poison-reads.ts', import.meta.url).href]),
];

/** A service as a process of its own, just as an operator would run it. */
export class ServiceProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly log: LogLine[] = [];
  stderr = '';
  readonly exited: Promise<Exit>;
  readonly #lines = new EventEmitter<{ line: [LogLine] }>();

  /** Starts a service without waiting for anything. */
  static spawn(name: string, env: Environment = {}, args: readonly string[] = []): ServiceProcess {
    return new ServiceProcess(mainOfService(name), env, args);
  }

  /** Starts a service and waits until it listens. */
  static async start(
    name: string,
    env: Environment = {},
    args: readonly string[] = [],
  ): Promise<ServiceProcess> {
    for (let tries = 1; ; tries += 1) {
      const service = ServiceProcess.spawn(name, env, args);
      try {
        await service.logged('listening');
        return service;
      } catch (error) {
        if (tries === MAX_TRIES || !service.#hadBadLuck({ ...DEFAULTS, ...env })) throw error;
      }
    }
  }

  /** Starts a service by a command of the shell, which must `exec` it, and waits until it listens. */
  static async shell(command: string, env: Environment = {}): Promise<ServiceProcess> {
    const service = new ServiceProcess(command, env, [], ['bash', '-c']);
    await service.logged('listening');
    return service;
  }

  /**
   * @param main any program that behaves as a service does
   * @param launcher what runs it
   */
  constructor(
    main: string,
    env: Environment,
    args: readonly string[],
    launcher: readonly [string, ...string[]] = LAUNCHER,
  ) {
    const [program, ...flags] = launcher;
    this.child = spawn(program, [...flags, main, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...INHERITED, ...DEFAULTS, ...env },
    });
    endWithThisProcess(this.child);
    const exit = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    this.exited = exit.then(([code, signal]) => ({ code, signal }));
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    createInterface({ input: this.child.stdout! }).on('line', (text) => {
      const line = logLine(text);
      this.log.push(line);
      this.#lines.emit('line', line);
    });
  }

  /** A port that is free on the first address may be in use on the second, by a client of another test. */
  #hadBadLuck({ PORT }: Environment): boolean {
    return (
      PORT === '0' && this.log.some(({ level, msg }) => level === 'fatal' && msg.includes('(EADDRINUSE)'))
    );
  }

  /** The first log line with this message, or the next one after `skip` of them; fails if the process ends. */
  async logged(message: string, skip = 0): Promise<LogLine> {
    const find = (): LogLine | undefined => this.log.filter(({ msg }) => msg === message)[skip];
    const ended = this.exited.then((exit) => exit);
    for (;;) {
      const line = find();
      if (line) return line;
      const exit = await Promise.race([once(this.#lines, 'line').then(() => undefined), ended]);
      if (exit && !find()) {
        const said = this.log.map((entry) => JSON.stringify(entry)).join('\n');
        throw new Error(
          `ended (${JSON.stringify(exit)}) before it logged "${message}"\n${said}\n${this.stderr}`,
        );
      }
    }
  }

  /** Port of a listener, as last logged. */
  port(listener: string): number {
    const lines = this.log.filter(({ msg }) => msg === 'listening');
    const addresses = (lines.at(-1)?.addresses ?? []) as readonly BoundAddress[];
    const found = addresses.find((address) => address.listener === listener);
    if (!found) throw new Error(`no listener ${listener} in ${JSON.stringify(addresses)}`);
    return found.port;
  }

  get adminUrl(): string {
    const line = this.log.find(({ msg }) => msg === 'admin listening');
    const [address] = (line?.addresses ?? []) as readonly { port: number }[];
    if (!address) throw new Error('the admin listener is not open yet');
    return `http://127.0.0.1:${address.port}`;
  }

  async metrics(): Promise<Metrics> {
    const answer = await this.#get('/metrics');
    return parseMetrics(await answer.text());
  }

  async status(path: '/livez' | '/readyz'): Promise<number> {
    const answer = await this.#get(path);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Leaves no idle connection open, because it would count as an open file of the service. */
  async #get(path: string): Promise<Response> {
    return fetch(this.adminUrl + path, { headers: { connection: 'close' } });
  }

  /** Stops the process (SIGSTOP), as on a paused machine, until disposal. Resolves once every thread is stopped. */
  async halt(): Promise<Disposable> {
    this.child.kill('SIGSTOP');
    // A thread that runs on another core continues for a moment.
    await eventually(() => {
      const threads = `/proc/${this.child.pid}/task`;
      for (const thread of readdirSync(threads)) {
        const stat = readFileSync(`${threads}/${thread}/stat`, 'latin1');
        // proc_pid_stat(5): the state is behind the name, which may hold anything.
        const state = stat[stat.lastIndexOf(')') + 2];
        if (state !== 'T') throw new Error(`thread ${thread} is not stopped but in state ${state}`);
      }
    });
    return { [Symbol.dispose]: () => void this.child.kill('SIGCONT') };
  }

  /** Asks the service to stop and waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.child.kill(signal);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** A line that is no JSON is text; after a stuck reader the last line may be incomplete. */
function logLine(text: string): LogLine {
  try {
    if (text.startsWith('{')) return JSON.parse(text) as LogLine;
  } catch {
    // Half a line.
  }
  return { level: 'text', msg: text };
}
