import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { isLocalAddress } from '../kernel-tcp.ts';

/** What an interface carries in one packet. */
export interface InterfaceMtu {
  readonly name: string;
  /** Bytes of an IP packet. */
  readonly mtu: number;
}

/**
 * The interface that a flow leaves this host by.
 *
 * @returns undefined where the system does not tell; Linux does
 */
export function interfaceMtu(local: string, remote: string): InterfaceMtu | undefined {
  // Packets to an address of this host never reach the interface that has it.
  const address = isLocalAddress(remote) ? '127.0.0.1' : local;
  const name = Object.entries(networkInterfaces()).find(([, list]) =>
    list?.some((own) => own.address === address),
  )?.[0];
  if (name === undefined) return undefined;
  try {
    // An alias such as eth0:1 is the same device.
    const device = name.replace(/:.*/, '');
    return { name: device, mtu: Number(readFileSync(`/sys/class/net/${device}/mtu`, 'utf8')) };
  } catch {
    return undefined;
  }
}

/** Headers before a datagram's bytes: IP without options, and UDP. */
export function headerBytes(family: 4 | 6): number {
  return family === 4 ? 28 : 48;
}
