import { variableOf } from '@echo-daytime/runtime';
import { freePort } from '../harness/free-port.ts';
import { ShellProgram } from '../harness/shell-program.ts';
import { keysOf } from '../repo/services.ts';

interface Listener {
  readonly listener?: string;
  readonly port: number;
}

const LISTENING = '"msg":"listening"}\n';
/** A port flag in the command would override the environment. */
const PORT_FLAG = /(?<=--(?:admin-)?port[ =])\d+/g;

/** A service started as a page says, but on loopback and free ports. */
export class DocumentedService implements AsyncDisposable {
  readonly #program: ShellProgram;

  /** Starts it and waits until it listens. */
  static async start(service: string, command: string): Promise<DocumentedService> {
    const env = { HOST: '127.0.0.1', ADMIN_HOST: '127.0.0.1', ...(await freePorts(service)) };
    const program = new ShellProgram(command.replace(PORT_FLAG, '0'), { env });
    try {
      await program.printed(LISTENING);
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return new DocumentedService(program);
  }

  private constructor(program: ShellProgram) {
    this.#program = program;
  }

  /** Port of a listener, such as `daytime-tcp`. */
  port(listener: string): number {
    const found = this.#logged('listening').find((address) => address.listener === listener);
    if (!found) throw new Error(`no listener ${listener}\n${this.#program.output}`);
    return found.port;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.#logged('admin listening')[0]?.port}`;
  }

  /** Stops the service, which is a child of the command; resolves with the exit of the command. */
  async stop(): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
    process.kill(this.#program.family().at(-1)!, 'SIGTERM');
    return this.#program.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }

  #logged(message: string): readonly Listener[] {
    const lines = this.#program.stdout.split('\n').filter((text) => text.startsWith('{'));
    const line = lines.map((text) => JSON.parse(text)).find(({ msg }) => msg === message);
    return line?.addresses ?? [];
  }
}

/** Settings that give each listener of a service a free port: 0, or a chosen port for keys in which 0 means off. */
async function freePorts(service: string): Promise<Record<string, string>> {
  const names = Object.keys(await keysOf(service)).filter((name) => /port$/i.test(name));
  const anyFree = ['port', 'adminPort'];
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [variableOf(name), anyFree.includes(name) ? '0' : `${await freePort()}`]),
    ),
  );
}
