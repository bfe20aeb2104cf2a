import { readFileSync } from 'node:fs';
import { interfaceWith, isLocalAddress } from '@echo-daytime/addresses';

/** The MTU of an interface. */
export interface InterfaceMtu {
  readonly name: string;
  /** Bytes of an IP packet. */
  readonly mtu: number;
}

/** The MTU of nearly all links, used where the MTU of the interface is unknown. Bytes. */
const USUAL_MTU = 1_500;

/**
 * The interface through which a flow leaves this host.
 *
 * @returns undefined where it is unknown, as on other systems than Linux
 */
export function interfaceMtu(local: string, remote: string): InterfaceMtu | undefined {
  const loopback = interfaceWith('127.0.0.1');
  // Packets to an address of this host never reach the interface that has it.
  const name = isLocalAddress(remote) ? loopback : interfaceWith(local);
  // A router may have its address on the loopback interface, but packets to other hosts leave through another one.
  if (name === undefined || (name === loopback && !isLocalAddress(remote))) return undefined;
  try {
    return { name, mtu: Number(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8')) };
  } catch {
    return undefined;
  }
}

/** The largest datagram that fits into one packet, as far as this host knows. */
export function onePacketBytes(leaving: InterfaceMtu | undefined, family: 4 | 6): number {
  return (leaving?.mtu ?? USUAL_MTU) - headerBytes(family);
}

/** The bytes of the headers of IP (without options) and UDP. */
export function headerBytes(family: 4 | 6): number {
  return family === 4 ? 28 : 48;
}
