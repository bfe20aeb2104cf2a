import { endianness } from 'node:os';
import { addressBytes } from '@echo-daytime/addresses';
import { listenOverflows, socketsOf } from '@echo-daytime/linux/proc';

/** States of a TCP socket in /proc/net/tcp and tcp6, `include/net/tcp_states.h` of Linux. */
const LISTEN = '0A';
const SYN_SENT = '02';
/** The tables begin with the listeners. Those of a host with very many beyond this are not seen. */
const LISTENERS_BYTES = 64 * 1024;

/**
 * How many times this host has sent the SYN of a connect under way; undefined where the kernel does not tell. Reads the
 * whole table of connections, which takes milliseconds where there are thousands.
 */
export function synsSent(localPort: number): number | undefined {
  const socket = socketsOf('tcp')?.find(
    ({ state, localPort: port }) => state === SYN_SENT && port === localPort,
  );
  return socket && socket.retransmits + 1;
}

/** Connections that a listener of this host has not accepted yet; undefined where there is none to see. */
export function waitingToBeAccepted(address: string, port: number): number | undefined {
  const own = kernelHex(address);
  const isIPv4 = own.length === ANY_IPV4.length;
  // A listener on every IPv6 address takes IPv4 too, unless it says otherwise.
  const listening = isIPv4 ? [own, V4_MAPPED + own, ANY_IPV4, ANY_IPV6] : [own, ANY_IPV6];
  const queues = (socketsOf('tcp', 'self', LISTENERS_BYTES) ?? [])
    .filter(({ state, localPort }) => state === LISTEN && localPort === port)
    .filter(({ localAddress }) => listening.includes(localAddress))
    .map(({ receiveQueue }) => receiveQueue);
  return queues.length > 0 ? Math.max(...queues) : undefined;
}

/**
 * That a listener of this host has a full accept queue, in words; undefined where the kernel does not say so.
 *
 * @param overflowsBefore `listenOverflows` when the connect was young
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

/** An address as /proc/net/tcp and tcp6 have it. */
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
/** In front of an IPv4 address within IPv6, RFC 4291 section 2.5.5.2. */
const V4_MAPPED = hexOf(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]));
