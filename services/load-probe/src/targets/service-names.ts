import { readFileSync } from 'node:fs';

const SERVICES_FILE = '/etc/services';

/** A line of services(5). */
export interface ServiceEntry {
  readonly name: string;
  readonly port: number;
  /** Such as `tcp` or `udp`. */
  readonly protocol: string;
  readonly aliases: readonly string[];
}

/**
 * The services of this system. Node can look up the name of a port but not the port of a name, so the file is read.
 *
 * @throws Error that says why the file can't be read
 */
export function readServices(path = SERVICES_FILE): ServiceEntry[] {
  try {
    return parseServices(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`the names of services can't be read: ${(error as Error).message}`);
  }
}

/** Lines that do not have the form of services(5) are ignored, as by the C library. */
export function parseServices(text: string): ServiceEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name, address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const [, port, protocol] = /^(\d{1,5})\/([a-z0-9]+)$/.exec(address) ?? [];
    if (!name || !protocol) return [];
    return [{ name, port: Number(port), protocol, aliases }];
  });
}

/** The entries of a service, by name, alias or port number; in the file's order. */
export function entriesOf(service: string, entries: readonly ServiceEntry[]): ServiceEntry[] {
  const port = /^\d+$/.test(service) ? Number(service) : undefined;
  return entries.filter(
    (entry) => entry.port === port || entry.name === service || entry.aliases.includes(service),
  );
}
