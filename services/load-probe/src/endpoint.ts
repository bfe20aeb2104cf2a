import { isIP } from 'node:net';
import { entriesOf, readServices, type ServiceEntry } from './service-names.ts';

const MAX_PORT = 65_535;
const MAX_HOST_CHARACTERS = 253;
/** Host names as resolvers take them, which is more than RFC 1123 allows: services have underscores. */
const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/;

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
  if (isIP(text) === 6) return { host: text };
  const [, bracketed, plain, service] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) {
    throw new Error(
      'is no HOST or HOST:PORT, such as 192.0.2.7:7 or [2001:db8::7]:7 (IPv6 goes in brackets)',
    );
  }
  const isHost = bracketed === undefined ? host === '' || isHostOrIPv4(host) : isIP(host) === 6;
  if (!isHost) throw new Error(`has a host that is neither a name nor an address: ${host}`);
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
    throw new Error(`has port ${service}; it must be from 1 to ${MAX_PORT}`);
  return port;
}

function portOf(service: string, protocol: 'tcp' | 'udp', services: readonly ServiceEntry[]): number {
  const entries = entriesOf(service, services);
  const entry = entries.find((candidate) => candidate.protocol === protocol);
  if (entry) return entry.port;
  throw new Error(
    entries.length === 0
      ? `names a service that this system does not know, ${service}; write the port's number`
      : `names ${service}, which this system knows only over ${entries.map((other) => other.protocol).join(', ')}`,
  );
}

/** A name all of digits and dots is a mistyped address. */
function isHostOrIPv4(host: string): boolean {
  if (isIP(host) === 4) return true;
  return HOST_NAME.test(host) && !/^[\d.]+$/.test(host) && host.length <= MAX_HOST_CHARACTERS;
}
