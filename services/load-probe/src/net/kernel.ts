import { endianness } from 'node:os';
import { addressBytes } from '@echo-daytime/addresses';
import { listenOverflows, socketsOf } from '@echo-daytime/linux/proc';

/** States of a TCP socket in /proc/net/tcp and tcp6, `include/net/tcp_states.h` of Linux. */
const LISTEN = '0A';
const SYN_SENT = '02';
/** How much of the table is read: it begins with the listeners. On a host with very many, the later ones are missed. */
const LISTENERS_BYTES = 64 * 1024;

/**
 * How many times this host has sent the SYN of a connect under way; undefined where it is unknown. Reads the whole table
 * of connections, which takes milliseconds where there are thousands.
 */
export function synsSent(localPort: number): number | undefined {
  const socket = socketsOf('tcp')?.find(
    ({ state, localPort: port }) => state === SYN_SENT && port === localPort,
  );
  return socket && socket.retransmits + 1;
}

/** How many connections a listener of this host has not accepted yet; undefined where no such listener is found. */
export function waitingToBeAccepted(address: string, port: number): number | undefined {
  const own = kernelHex(address);
  const isIPv4 = own.length === ANY_IPV4.length;
  // A listener on all IPv6 addresses accepts IPv4 too, unless IPV6_V6ONLY is set.
  const listening = isIPv4 ? [own, V4_MAPPED + own, ANY_IPV4, ANY_IPV6] : [own, ANY_IPV6];
  const queues = (socketsOf('tcp', 'self', LISTENERS_BYTES) ?? [])
    .filter(({ state, localPort }) => state === LISTEN && localPort === port)
    .filter(({ localAddress }) => listening.includes(localAddress))
    .map(({ receiveQueue }) => receiveQueue);
  return queues.length > 0 ? Math.max(...queues) : undefined;
}

/**
 * The message that a listener of this host has a full accept queue; undefined where the kernel does not report it.
 *
 * @param overflowsBefore `listenOverflows` soon after the connect began
 */
export function fullAcceptQueue(
  address: string,
  port: number,
  overflowsBefore: number | undefined,
): string | undefined {
  if (overflowsBefore === undefined) return undefined;
  const waiting = waitingToBeAccepted(address, port) ?? 0;
  const dropped = (listenOverflows() ?? 0) - overflowsBefore;
  if (waiting === 0 || dropped <= 0) return undefined;
  const connections = waiting === 1 ? 'connection waits' : 'connections wait';
  return (
    'the accept queue of the listener, which is on this host, is full: ' +
    `${waiting} ${connections} to be accepted, and this host dropped ${dropped} more meanwhile`
  );
}

/** An address in the form of /proc/net/tcp and tcp6. */
export function kernelHex(address: string): string {
  return hexOf(addressBytes(address));
}

function hexOf(bytes: Buffer): string {
  const littleEndian = endianness() === 'LE';
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    text += word.toString(16).toUpperCase().padStart(8, '0');
  }
  return text;
}

const ANY_IPV4 = kernelHex('0.0.0.0');
const ANY_IPV6 = kernelHex('::');
/** The prefix of an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2). */
const V4_MAPPED = hexOf(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]));
