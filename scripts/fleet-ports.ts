/** The ports of `npm start`, by the variables that change them. docker-compose.yml has the same variables. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { quoted } from '@echo-daytime/runtime/shown-text';

export type FleetPorts = Readonly<Record<Variable, number>>;
export type Variable = keyof typeof fleetPorts;

interface FleetPort {
  readonly service: string;
  /** The key of the service that sets the port. */
  readonly key: string;
  /** The key's default. */
  readonly port: number;
  readonly protocols: readonly Protocol[];
}

type Protocol = 'tcp' | 'udp';

export const fleetPorts = {
  ECHO_PORT: { service: 'echo', key: 'PORT', port: 7007, protocols: ['tcp', 'udp'] },
  ECHO_DIALOG_PORT: { service: 'echo', key: 'DIALOG_PORT', port: 7008, protocols: ['tcp'] },
  ECHO_STAMP_PORT: { service: 'echo', key: 'STAMP_PORT', port: 7862, protocols: ['udp'] },
  ECHO_ADMIN_PORT: { service: 'echo', key: 'ADMIN_PORT', port: 9007, protocols: ['tcp'] },
  DAYTIME_PORT: { service: 'daytime', key: 'PORT', port: 7013, protocols: ['tcp'] },
  DAYTIME_SESSION_PORT: { service: 'daytime', key: 'SESSION_PORT', port: 7014, protocols: ['tcp'] },
  DAYTIME_ADMIN_PORT: { service: 'daytime', key: 'ADMIN_PORT', port: 9013, protocols: ['tcp'] },
  UDP_DAYTIME_PORT: { service: 'udp-daytime', key: 'PORT', port: 7013, protocols: ['udp'] },
  UDP_DAYTIME_ADMIN_PORT: { service: 'udp-daytime', key: 'ADMIN_PORT', port: 9113, protocols: ['tcp'] },
  LOAD_PROBE_PORT: { service: 'load-probe', key: 'ADMIN_PORT', port: 8080, protocols: ['tcp'] },
} as const satisfies Record<string, FleetPort>;

const rows = Object.entries(fleetPorts) as readonly [Variable, FleetPort][];

/** @returns a port for every variable, and a problem for each value that is no port */
export function readFleetPorts(env: NodeJS.ProcessEnv): { ports: FleetPorts; problems: string[] } {
  const problems: string[] = [];
  const ports = rows.map(([variable, { port }]) => {
    const text = env[variable] || `${port}`;
    const isPort = /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
    if (!isPort) problems.push(`${variable}=${quoted(text)} must be a port from 1 to 65535`);
    return [variable, Number(text)];
  });
  return { ports: Object.fromEntries(ports), problems };
}

/** The keys that give a service its ports. */
export function keysOf(service: string, ports: FleetPorts): Record<string, string> {
  const own = rows.filter(([, row]) => row.service === service);
  return Object.fromEntries(own.map(([variable, { key }]) => [key, `${ports[variable]}`]));
}

/** Every listener of the fleet as a target, by address, so that no lookup is needed. */
export function targetsOf(ports: FleetPorts): string {
  return [
    `echo+tcp://127.0.0.1:${ports.ECHO_PORT}?flow=both`,
    `echo+udp://127.0.0.1:${ports.ECHO_PORT}?flow=both`,
    `stamp+udp://127.0.0.1:${ports.ECHO_STAMP_PORT}?flow=sticky`,
    `dialog+tcp://127.0.0.1:${ports.ECHO_DIALOG_PORT}`,
    `daytime+tcp://127.0.0.1:${ports.DAYTIME_PORT}`,
    `daytime+udp://127.0.0.1:${ports.UDP_DAYTIME_PORT}`,
    `session+tcp://127.0.0.1:${ports.DAYTIME_SESSION_PORT}`,
  ].join();
}

/** A sentence for each ignored key that names no service, with the variables to set instead. */
export function ignoredKeys(env: NodeJS.ProcessEnv): string[] {
  const keys = new Set(rows.map(([, { key }]) => key));
  return [...keys].flatMap((key) => {
    const given = env[key];
    if (!given) return [];
    const variables = rows.filter(([, row]) => row.key === key).map(([variable]) => variable);
    return `${key}=${quoted(given)} is ignored; npm start uses ${variables.join(', ')}`;
  });
}

/**
 * Reports every port that is in use, before anything is started.
 *
 * @param hosts addresses of the listeners, comma-separated, by key
 */
export async function takenPorts(
  ports: FleetPorts,
  hosts: { readonly HOST: string; readonly ADMIN_HOST: string },
): Promise<string[]> {
  const problems: string[] = [];
  for (const [variable, { key, protocols }] of rows) {
    const port = ports[variable];
    const taken = new Set<string>();
    for (const host of hosts[key === 'ADMIN_PORT' ? 'ADMIN_HOST' : 'HOST'].split(',')) {
      for (const protocol of protocols) {
        if (await isTaken(protocol, host.trim(), port)) taken.add(protocol.toUpperCase());
      }
    }
    if (taken.size > 0) problems.push(`${variable}=${port} is in use (${[...taken].join(', ')})`);
  }
  return problems;
}

/** Whether the port is in use. Other errors are left to the service that opens the port, whose message says more. */
export async function isTaken(protocol: Protocol, host: string, port: number): Promise<boolean> {
  const socket =
    protocol === 'tcp'
      ? createServer().listen(port, host)
      : createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(port, host);
  try {
    await once(socket, 'listening');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  } finally {
    socket.close();
  }
}
