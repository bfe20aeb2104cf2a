import { freePort } from '../harness/free-port.ts';
import type { Server } from '../harness/haproxy.ts';
import { type Exit, ServiceProcess } from '../harness/service-process.ts';

/** HAProxy takes a replica out when it was not ready 200 ms long, and back with the first answer that it is. */
const CHECK = 'inter 100ms fall 2 rise 1';

const SETTINGS = {
  LOG_LEVEL: 'info',
  /** Of echo, which is asked over TCP: its thread for UDP need not start. */
  UDP: 'off',
  /** Many times what HAProxy takes to find out. */
  DRAIN_DELAY: '1500ms',
  DRAIN_TIMEOUT: '1500ms',
};

type PortKey = 'PORT' | 'SESSION_PORT' | 'ADMIN_PORT';
/** In place of those above. */
type Settings = Readonly<Record<string, string>>;
type Ports = Readonly<Record<PortKey, number>>;

/** One place among the replicas of a service: its ports stay, its process is replaced. */
export class Replica implements AsyncDisposable {
  readonly #service: string;
  readonly #ports: Ports;
  #process: ServiceProcess;

  static async start(service: string, settings: Settings = {}): Promise<Replica> {
    const [PORT, SESSION_PORT, ADMIN_PORT] = [await freePort(), await freePort(), await freePort()];
    const ports = { PORT, SESSION_PORT, ADMIN_PORT };
    return new Replica(service, ports, await run(service, ports, settings));
  }

  private constructor(service: string, ports: Ports, process: ServiceProcess) {
    this.#service = service;
    this.#ports = ports;
    this.#process = process;
  }

  /** One of its ports behind HAProxy, which asks the admin port whether it is ready. */
  server(key: PortKey): Server {
    return { port: this.#ports[key], options: `check port ${this.#ports.ADMIN_PORT} ${CHECK}` };
  }

  /** Connections that the process of now has accepted at `PORT`. */
  async accepted(): Promise<number> {
    const metrics = await this.#process.metrics();
    return metrics.value('l4_tcp_connections_accepted_total', { listener: `${this.#service}-tcp` });
  }

  /** Ends the process as an orchestrator does, and starts another one, with these settings; resolves with how the old one ended. */
  async replace(settings: Settings = {}): Promise<Exit> {
    const exit = await this.#process.stop('SIGTERM');
    this.#process = await run(this.#service, this.#ports, settings);
    return exit;
  }

  /** Ends the process with no time to do anything about it. */
  async kill(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function run(service: string, ports: Ports, settings: Settings): Promise<ServiceProcess> {
  const listeners = Object.entries(ports).map(([key, port]) => [key, String(port)]);
  return ServiceProcess.start(service, { ...SETTINGS, ...settings, ...Object.fromEntries(listeners) });
}
