import {
  interfaceAt,
  interfaceNames,
  interfaceWith,
  isLinkLocal,
  linkLocalInterfaces,
} from './interfaces.ts';
import { type IpAddress, readAddress } from './ip-address.ts';

/** An address that this host can't use as it is written. The message says how to write it. */
export class ZoneError extends Error {
  override readonly name = 'ZoneError';
}

/**
 * The text of an address for connecting or sending, with the name of its interface if it needs one. libuv ignores an
 * unknown zone and uses the first interface with a link-local address, which may lead to another machine.
 *
 * @throws ZoneError
 */
export function reachableText({ address, family, zone }: IpAddress): string {
  if (zone === undefined)
    return family === 6 && isLinkLocal(address) ? `${address}%${onlyLink(address)}` : address;
  const device = interfaceOf(zone);
  if (device === undefined) {
    throw new ZoneError(`there is no interface ${zone}; there are ${interfaceNames().join(', ')}`);
  }
  const plain = address.slice(0, -zone.length - 1);
  if (isLinkLocal(plain)) return `${plain}%${device}`;
  // An address of this host needs no zone.
  if (interfaceWith(plain) === device) return plain;
  throw new ZoneError(
    `only a link-local address (fe80::/10) has a zone: ${plain} is where this host's routes lead, leave %${zone} out`,
  );
}

/** The text of an address by which a socket is bound to it. @throws ZoneError */
export function listenText(text: string): string {
  const address = readAddress(text);
  return address ? reachableText(address) : text;
}

/** The interface that a zone names, by its name or its number (RFC 4007, section 11.2). */
function interfaceOf(zone: string): string | undefined {
  if (interfaceNames().includes(zone)) return zone;
  return /^[1-9]\d*$/.test(zone) ? interfaceAt(Number(zone)) : undefined;
}

function onlyLink(address: string): string {
  const links = linkLocalInterfaces();
  const [link] = links;
  if (link !== undefined && links.length === 1) return link;
  throw new ZoneError(
    link === undefined
      ? `${address} is a link-local address, and no interface of this host has one`
      : `${address} is a link-local address, which may be behind each of ${links.join(', ')}: write ${address}%${link}, say`,
  );
}
