import type { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient, type TcpClientOptions } from '../../harness/tcp-client.ts';
import { type Mode, modes } from '../listeners.ts';
import { promise } from '../scenario.ts';
import { type Environment, harmTo, openFilesOf, optionalPorts, startService } from '../service.ts';

/** The processes of the listeners under attack, with the promises that must hold after any attack. */
export class Fleet implements AsyncDisposable {
  readonly modes: readonly Mode[];
  readonly #processes: ReadonlyMap<string, ServiceProcess>;
  readonly #started: AsyncDisposableStack;
  /** Open files of each process before the first attack. */
  readonly #openFiles = new Map<string, number>();

  /** @param attacked listeners whose processes are started */
  static async start(env: Environment = {}, attacked = modes): Promise<Fleet> {
    await using started = new AsyncDisposableStack();
    const processes = new Map<string, ServiceProcess>();
    for (const { process, service, env: own } of attacked) {
      if (processes.has(process)) continue;
      const all = { TZ: 'UTC', ...env, ...own, ...(await optionalPorts()) };
      processes.set(process, started.use(await startService(service, all)));
    }
    const fleet = new Fleet(attacked, processes, started.move());
    try {
      // Files that stay open after the first use are not a leak.
      for (const mode of attacked) await fleet.serve(mode);
      for (const [name, service] of processes) {
        await harmTo(service, Number.POSITIVE_INFINITY);
        fleet.#openFiles.set(name, await openFilesOf(service));
      }
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    attacked: readonly Mode[],
    processes: ReadonlyMap<string, ServiceProcess>,
    started: AsyncDisposableStack,
  ) {
    this.modes = attacked;
    this.#processes = processes;
    this.#started = started;
  }

  get processes(): readonly ServiceProcess[] {
    return [...this.#processes.values()];
  }

  process({ process }: Mode): ServiceProcess {
    return this.#processes.get(process)!;
  }

  connect(mode: Mode, options: TcpClientOptions = {}): Promise<TcpClient> {
    return TcpClient.connect(this.process(mode).port(mode.listener), options);
  }

  /** Acts as an ordinary client. @throws Error when it gets a wrong reply */
  async serve(mode: Mode): Promise<void> {
    using client = await this.connect(mode);
    // A session gets one request and stays open; the other listeners end after FIN or by themselves.
    client.socket.end(mode.header + mode.request);
    const reply = (await client.takeAll()).toString();
    const end = await client.ended;
    promise(
      mode.reply.test(reply) && end === 'FIN',
      () => `${mode.name}: an ordinary client got ${JSON.stringify(reply)}, then ${end}`,
    );
  }

  /** Checks that ordinary clients are served and all resources are freed. @returns a sentence per broken promise */
  async harm(): Promise<string[]> {
    const served = await Promise.allSettled(this.modes.map((mode) => this.serve(mode)));
    const unserved = served.flatMap((each) =>
      each.status === 'rejected' ? [String(each.reason.message)] : [],
    );
    const harm = [...this.#processes].map(async ([name, service]) =>
      (await harmTo(service, this.#openFiles.get(name)!)).map((sentence) => `${name}: ${sentence}`),
    );
    return [...unserved, ...(await Promise.all(harm)).flat()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }
}
