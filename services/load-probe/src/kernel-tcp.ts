import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { endianness, networkInterfaces } from 'node:os';

/** States of a TCP socket in /proc/net/tcp, `include/net/tcp_states.h` of Linux. */
const LISTEN = '0A';
const SYN_SENT = '02';

/** One line of /proc/net/tcp, https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html */
interface KernelSocket {
  /** In hexadecimal as the kernel prints it: four bytes at a time, in the machine's byte order. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly state: string;
  /** Of a listener: connections that wait to be accepted. */
  readonly receiveQueue: number;
  /** Times that the oldest unanswered segment was sent again. */
  readonly retransmits: number;
}

/** Whether an address is one of this host, or to be precise of this network namespace. */
export function isLocalAddress(address: string): boolean {
  if (/^127\./.test(address)) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address));
}

/** How many times this host has sent the SYN of a connect under way; undefined where the kernel does not tell. */
export function synsSent(localPort: number): number | undefined {
  const socket = kernelSockets().find(
    ({ state, localPort: port }) => state === SYN_SENT && port === localPort,
  );
  return socket && socket.retransmits + 1;
}

/** Connections that a listener of this host has not accepted yet; undefined where there is none to see. */
export function waitingToBeAccepted(address: string, port: number): number | undefined {
  // A listener on every IPv6 address takes IPv4 too, unless it says otherwise.
  const takers = isIPv6(address) ? [address, '::'] : [address, `::ffff:${address}`, '0.0.0.0', '::'];
  const listening = takers.map(kernelHex);
  const queues = kernelSockets()
    .filter(({ state, localPort }) => state === LISTEN && localPort === port)
    .filter(({ localAddress }) => listening.includes(localAddress))
    .map(({ receiveQueue }) => receiveQueue);
  return queues.length > 0 ? Math.max(...queues) : undefined;
}

/**
 * How many connections this host's listeners have dropped because their accept queue was full, since the start of
 * its network namespace; undefined where the kernel does not tell.
 */
export function listenOverflows(): number | undefined {
  const lines = readIfThere('/proc/net/netstat').split('\n');
  const [names, values] = lines.filter((line) => line.startsWith('TcpExt:')).map((line) => line.split(' '));
  const value = values?.[names?.indexOf('ListenOverflows') ?? -1];
  return value === undefined ? undefined : Number(value);
}

/** An address as /proc/net/tcp and tcp6 have it. */
export function kernelHex(address: string): string {
  const bytes = addressBytes(address);
  const littleEndian = endianness() === 'LE';
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    text += word.toString(16).toUpperCase().padStart(8, '0');
  }
  return text;
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  // A URL's host is the canonical text: groups in hexadecimal only, at most one `::`.
  const canonical = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0'));
  return Buffer.from(groups.join(''), 'hex');
}

function kernelSockets(): KernelSocket[] {
  const text = readIfThere('/proc/net/tcp') + readIfThere('/proc/net/tcp6');
  return text.split('\n').flatMap((line) => {
    const match =
      /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) [0-9A-F]+:([0-9A-F]+) \S+ ([0-9A-F]+)/.exec(line);
    if (!match) return [];
    const [, localAddress = '', port = '', state = '', queue = '', retransmits = ''] = match;
    const hex = (digits: string): number => Number.parseInt(digits, 16);
    return [
      {
        localAddress,
        localPort: hex(port),
        state,
        receiveQueue: hex(queue),
        retransmits: hex(retransmits),
      },
    ];
  });
}

/** Empty where the system has no such file. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
