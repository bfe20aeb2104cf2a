import { isIPv6 } from 'node:net';
import { quoted } from '@echo-daytime/runtime';
import { type HostForm, readHost } from './host.ts';
import { entriesOf, readServices, type ServiceEntry } from './service-names.ts';

const MAX_PORT = 65_535;

export interface HostAndService {
  /** A name or an address, IPv6 without brackets; empty when there is none. */
  readonly host: string;
  /** A port or the name of one, as it was typed. */
  readonly service?: string;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST`, `HOST:SERVICE`, `[IPv6]:SERVICE`, a bare IPv6 address, or `:SERVICE`.
 *
 * @throws Error whose message completes the sentence "TEXT …"
 */
export function splitHostAndService(text: string): HostAndService {
  if (isIPv6(text)) return { host: readHost(text, 'bracketed') };
  const [, bracketed, plain, service] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? [];
  const written = bracketed ?? plain;
  if (written === undefined) {
    throw new Error(
      'is no HOST or HOST:PORT, such as 192.0.2.7:7 or [2001:db8::7]:7 (IPv6 goes in brackets)',
    );
  }
  const host =
    written === plain && plain === '' ? '' : hostOf(written, bracketed === undefined ? 'plain' : 'bracketed');
  if (service === '') throw new Error('has no port after its colon');
  return service === undefined ? { host } : { host, service };
}

/**
 * Reads `HOST:PORT`, where PORT may be the name of a service.
 *
 * @throws Error whose message completes the sentence "TEXT …"
 */
export function readEndpoint(
  text: string,
  protocol: 'tcp' | 'udp',
  services: () => readonly ServiceEntry[] = readServices,
): Endpoint {
  const { host, service } = splitHostAndService(text);
  if (host === '') throw new Error('has no host; write HOST:PORT, such as 192.0.2.7:7');
  if (service === undefined) throw new Error('has no port; write HOST:PORT, such as 192.0.2.7:7');
  return { host, port: /^\d+$/.test(service) ? readPort(service) : portOf(service, protocol, services()) };
}

/** @throws Error whose message completes the sentence "TEXT …" */
export function readPort(service: string): number {
  const port = Number(service);
  if (!(port >= 1 && port <= MAX_PORT))
    throw new Error(`has port ${quoted(service)}; it must be from 1 to ${MAX_PORT}`);
  return port;
}

function portOf(service: string, protocol: 'tcp' | 'udp', services: readonly ServiceEntry[]): number {
  const entries = entriesOf(service, services);
  const entry = entries.find((candidate) => candidate.protocol === protocol);
  if (entry) return entry.port;
  throw new Error(
    entries.length === 0
      ? `names a service that this system does not know, ${quoted(service)}; write the port's number`
      : `names ${quoted(service)}, which this system knows only over ${entries.map((other) => other.protocol).join(', ')}`,
  );
}

function hostOf(written: string, form: HostForm): string {
  try {
    return readHost(written, form);
  } catch (error) {
    throw new Error(`has a host that can't be: ${quoted(written)} ${(error as Error).message}`);
  }
}
