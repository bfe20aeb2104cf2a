import { expect } from 'vitest';
import { tcpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/free-port.ts';
import type { Metrics } from '../../harness/metrics.ts';
import { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient, type TcpClientOptions } from '../../harness/tcp-client.ts';

type Environment = Readonly<Record<string, string>>;

/** A TCP listener under attack, and what an ordinary client asks of it. */
export interface Door {
  readonly name: string;
  readonly listener: 'echo-tcp' | 'dialog-tcp' | 'daytime-tcp' | 'session-tcp';
  readonly process: string;
  /** The header of the proxy in front, if there is one. */
  readonly header: string;
  readonly request: string;
  readonly answer: RegExp;
}

const PROXY = { TRUSTED_PROXIES: '127.0.0.0/8' };
const HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 7\r\n';
const CHUNKS = { DIALOG_DELIMITER: '' };

/** Every TCP listener and every mode, in as few processes as they fit in: a header is one code for all listeners. */
const processes: Readonly<Record<string, { readonly service: string; readonly env: Environment }>> = {
  echo: { service: 'echo', env: {} },
  'echo, PROXY optional': { service: 'echo', env: { ...CHUNKS, ...PROXY, PROXY_PROTOCOL: 'optional' } },
  daytime: { service: 'daytime', env: {} },
  'daytime, PROXY required': { service: 'daytime', env: { ...PROXY, PROXY_PROTOCOL: 'required' } },
};

export const doors: readonly Door[] = Object.entries(processes).flatMap(([process, { service, env }]) => {
  const header = env.PROXY_PROTOCOL === undefined ? '' : HEADER;
  const door = (listener: Door['listener'], request: string, answer: RegExp): Door => ({
    name: process.replace(/^\w+/, listener),
    listener,
    process,
    header,
    request,
    answer,
  });
  if (service === 'daytime') {
    return [
      door('daytime-tcp', '', /^\w+day, \w+ \d+, \d{4} \d\d:\d\d:\d\d-UTC\r\n$/),
      door('session-tcp', 'timestamp\n', /^\d{10}\r\n$/),
    ];
  }
  const chunks = env.DIALOG_DELIMITER === '';
  const dialog = chunks
    ? door('dialog-tcp', 'hello', /^server got:hello$/)
    : door('dialog-tcp', 'hello\t', /^server got:hello\t$/);
  return [door('echo-tcp', 'hello', /^hello$/), dialog];
});

/** An answer on loopback takes a millisecond; a service that is stuck takes this long. Milliseconds. */
const AT_ONCE_MS = 5_000;

/** The services behind the doors, as processes, and what must hold for them after any attack. */
export class Fleet implements AsyncDisposable {
  readonly #running: ReadonlyMap<string, ServiceProcess>;
  readonly #ports: ReadonlyMap<Door, number>;
  /** Files that each process had open when nobody had attacked it yet. */
  readonly #openFiles = new Map<string, number>();

  /** @param attacked only what is behind these is started */
  static async start(env: Environment = {}, attacked = doors): Promise<Fleet> {
    const wanted = Object.entries(processes).filter(([name]) =>
      attacked.some(({ process }) => process === name),
    );
    await using started = new AsyncDisposableStack();
    const running = new Map<string, ServiceProcess>();
    for (const [name, { service, env: own }] of wanted) {
      const extra = { [service === 'echo' ? 'DIALOG_PORT' : 'SESSION_PORT']: String(await freePort()) };
      const quiet = { LOG_LEVEL: 'info' };
      running.set(name, started.use(ServiceProcess.spawn(service, { ...quiet, ...env, ...own, ...extra })));
    }
    await Promise.all([...running.values()].map((service) => service.logged('listening')));
    const fleet = new Fleet(running, attacked);
    for (const door of attacked) await fleet.serve(door);
    for (const [name, service] of running) {
      await eventually(async () => expectQuiet(await service.metrics(), name));
      fleet.#openFiles.set(name, (await service.metrics()).value('process_open_fds'));
    }
    // All went well: from here on they end with the fleet.
    started.move();
    return fleet;
  }

  private constructor(running: ReadonlyMap<string, ServiceProcess>, attacked: readonly Door[]) {
    this.#running = running;
    this.#ports = new Map(attacked.map((door) => [door, running.get(door.process)!.port(door.listener)]));
  }

  process(door: Door): ServiceProcess {
    return this.#running.get(door.process)!;
  }

  port(door: Door): number {
    return this.#ports.get(door)!;
  }

  connect(door: Door, options: TcpClientOptions = {}): Promise<TcpClient> {
    return TcpClient.connect(this.port(door), options);
  }

  async metrics(door: Door): Promise<Metrics> {
    return this.process(door).metrics();
  }

  /** Is an ordinary client, and gets what it came for. */
  async serve(door: Door, options: TcpClientOptions = {}): Promise<void> {
    using client = new TcpClient(this.port(door), options);
    client.socket.write(door.header + door.request);
    // A session is asked one thing; the others end with all that they were sent, or by themselves.
    client.socket.end();
    const deadline = AbortSignal.timeout(AT_ONCE_MS);
    const late = new Promise<never>((_, reject) => {
      deadline.onabort = () => reject(new Error(`${door.name} did not serve an ordinary client`));
    });
    const answer = await Promise.race([client.takeAll(), late]);
    deadline.onabort = null;
    expect(answer.toString(), door.name).toMatch(door.answer);
    expect(await client.ended, door.name).toBe('FIN');
  }

  /** Waits until everybody has left: who has our FIN is among a source's connections until we have theirs. */
  async emptied(door: Door): Promise<void> {
    await eventually(async () => expectQuiet(await this.metrics(door), door.process));
  }

  /** Ordinary clients are served at once; then all that the attack took is given back and nothing was logged. */
  async expectUnharmed(attacked: readonly Door[] = doors): Promise<void> {
    await Promise.all(attacked.map((door) => this.serve(door)));
    for (const name of new Set(attacked.map((door) => door.process))) {
      const service = this.#running.get(name)!;
      await eventually(async () => {
        const metrics = await service.metrics();
        expectQuiet(metrics, name);
        expect(metrics.value('process_open_fds'), name).toBeLessThanOrEqual(this.#openFiles.get(name)!);
      });
      await expectHealthy(service);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map((service) => service[Symbol.asyncDispose]()));
  }
}

/** Nobody is connected and the books balance. */
function expectQuiet(metrics: Metrics, name: string): void {
  expect(metrics.sum('l4_tcp_connections_open'), name).toBe(0);
  for (const { listener, process } of doors) {
    if (process === name) expect(tcpImbalance(metrics, listener), `${name}: ${listener}`).toBe(0);
  }
}

/** Runs on as it was started: alive, ready, never restarted, with nothing to complain of. */
export async function expectHealthy(service: ServiceProcess): Promise<void> {
  expect(service.child.exitCode).toBeNull();
  expect((await service.metrics()).value('l4_data_plane_worker_restarts_total')).toBe(0);
  expect(await service.status('/livez')).toBe(200);
  expect(await service.status('/readyz')).toBe(200);
  expect(service.log.filter(({ level }) => !['debug', 'info'].includes(level))).toEqual([]);
  expect(service.stderr).toBe('');
}
