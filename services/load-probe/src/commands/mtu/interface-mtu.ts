import { readFileSync } from 'node:fs';
import { interfaceWith, isLocalAddress } from '@echo-daytime/addresses';

/** What an interface carries in one packet. */
export interface InterfaceMtu {
  readonly name: string;
  /** Bytes of an IP packet. */
  readonly mtu: number;
}

/** Of nearly all links; a host that does not tell the MTU of its interface is searched as if it were this. Bytes. */
const USUAL_MTU = 1_500;

/**
 * The interface that a flow leaves this host by.
 *
 * @returns undefined where the system does not tell; Linux does
 */
export function interfaceMtu(local: string, remote: string): InterfaceMtu | undefined {
  const loopback = interfaceWith('127.0.0.1');
  // Packets to an address of this host never reach the interface that has it.
  const name = isLocalAddress(remote) ? loopback : interfaceWith(local);
  // A router has its own address on its loopback interface, by which nothing leaves.
  if (name === undefined || (name === loopback && !isLocalAddress(remote))) return undefined;
  try {
    return { name, mtu: Number(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8')) };
  } catch {
    return undefined;
  }
}

/** How large a datagram may be for one packet, as far as this host tells. */
export function onePacketBytes(leaving: InterfaceMtu | undefined, family: 4 | 6): number {
  return (leaving?.mtu ?? USUAL_MTU) - headerBytes(family);
}

/** Headers before a datagram's bytes: IP without options, and UDP. */
export function headerBytes(family: 4 | 6): number {
  return family === 4 ? 28 : 48;
}
