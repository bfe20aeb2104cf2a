/** What proc(5) tells of this process and its network namespace. Without it, on other systems, there is nothing to tell. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';

const OWN_DESCRIPTORS = '/proc/self/fd';
/** Columns of /proc/net/tcp and udp, https://docs.kernel.org/networking/proc_net_tcp.html */
const LOCAL = 1;
const STATE = 3;
const QUEUES = 4;
const RETRANSMITS = 6;
const INODE = 9;
const DROPS = 12;

/** One socket of a table such as /proc/net/tcp. A column is read when it is asked for: the tables may be long. */
export class SocketRow {
  readonly #columns: readonly string[];

  constructor(line: string) {
    this.#columns = line.trim().split(/\s+/);
  }

  /** In hexadecimal as the kernel prints it: four bytes at a time, in the machine's byte order. */
  get localAddress(): string {
    return this.#half(LOCAL, 0);
  }

  get localPort(): number {
    return Number.parseInt(this.#half(LOCAL, 1), 16);
  }

  /** Two hexadecimal digits, `include/net/tcp_states.h` of Linux. */
  get state(): string {
    return this.#columns[STATE] ?? '';
  }

  /** Bytes that are not sent yet or not acknowledged. */
  get sendQueue(): number {
    return Number.parseInt(this.#half(QUEUES, 0), 16);
  }

  /** Bytes that are not read yet; of a TCP listener the connections that wait to be accepted. */
  get receiveQueue(): number {
    return Number.parseInt(this.#half(QUEUES, 1), 16);
  }

  /** Times that the oldest unanswered segment was sent again. */
  get retransmits(): number {
    return Number.parseInt(this.#columns[RETRANSMITS] ?? '', 16);
  }

  get inode(): string {
    return this.#columns[INODE] ?? '';
  }

  /** Of a UDP socket: datagrams that were dropped before they could be read. */
  get drops(): number {
    return Number(this.#columns[DROPS]);
  }

  #half(column: number, which: 0 | 1): string {
    return this.#columns[column]?.split(':')[which] ?? '';
  }
}

/**
 * The sockets of one protocol, IPv4 and IPv6; undefined where the system does not tell, or no descriptor is free to read
 * with.
 *
 * @param process whose network namespace it is, by its number
 * @param maxBytes of each table: the kernel does not write what is behind them
 */
export function socketsOf(
  protocol: 'tcp' | 'udp',
  process = 'self',
  maxBytes?: number,
): readonly SocketRow[] | undefined {
  const table = `/proc/${process}/net/${protocol}`;
  const ipv4 = rowsOf(table, maxBytes);
  // A system without IPv6 has no table of it.
  const ipv6 = existsSync(`${table}6`) ? rowsOf(`${table}6`, maxBytes) : [];
  return ipv4 && ipv6 && [...ipv4, ...ipv6];
}

function rowsOf(table: string, maxBytes?: number): readonly SocketRow[] | undefined {
  const text = maxBytes === undefined ? read(table) : readStart(table, maxBytes);
  // The last line may be cut.
  const lines = text?.slice(0, text.lastIndexOf('\n')).split('\n');
  return lines?.slice(1).map((line) => new SocketRow(line));
}

/** The inode of a socket of this process, which the tables know it by; undefined where it is none. */
export function inodeOf(fd: number | string): string | undefined {
  return /^socket:\[(\d+)\]$/.exec(linkOf(fd) ?? '')?.[1];
}

/** The inodes of this process's sockets, those of its worker threads among them. @throws Error of the system */
export function ownInodes(): ReadonlySet<string> {
  const inodes = readdirSync(OWN_DESCRIPTORS).map(inodeOf);
  return new Set(inodes.filter((inode) => inode !== undefined));
}

/** The epoll instances of this process that watch a file, epoll(7). @throws Error of the system */
export function epollsThatWatch(fd: number): readonly number[] {
  return readdirSync(OWN_DESCRIPTORS)
    .map(Number)
    .filter((epoll) => linkOf(epoll) === 'anon_inode:[eventpoll]')
    .filter((epoll) => {
      const targets = read(`/proc/self/fdinfo/${epoll}`)?.matchAll(/^tfd:\s*(\d+)/gm);
      return targets?.some(([, target]) => Number(target) === fd) ?? false;
    });
}

/** How many descriptors this process may have (getrlimit(2), RLIMIT_NOFILE); Infinity where that can't be read. */
export function descriptorLimit(): number {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits') ?? '') ?? [];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Whether `::` is IPv6 alone unless a socket says otherwise, net.ipv6.bindv6only. */
export function isSystemIpv6Only(): boolean {
  return read('/proc/sys/net/ipv6/bindv6only')?.trim() === '1';
}

/**
 * How many connections this host's listeners have dropped because their accept queue was full, since the start of
 * its network namespace; undefined where the kernel does not tell.
 */
export function listenOverflows(): number | undefined {
  const lines = read('/proc/net/netstat')?.split('\n') ?? [];
  const [names, values] = lines.filter((line) => line.startsWith('TcpExt:')).map((line) => line.split(' '));
  const value = values?.[names?.indexOf('ListenOverflows') ?? -1];
  return value === undefined ? undefined : Number(value);
}

function linkOf(fd: number | string): string | undefined {
  try {
    return readlinkSync(`${OWN_DESCRIPTORS}/${fd}`);
  } catch {
    // Closed meanwhile.
    return undefined;
  }
}

/** Undefined where it can't be read: the system has no such file, or no descriptor is free. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The same, of its first bytes. */
function readStart(path: string, bytes: number): string | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      let length = 0;
      // The kernel gives out a page or so at a time.
      for (let got = -1; got !== 0 && length < bytes; length += got) {
        got = readSync(descriptor, buffer, length, bytes - length, null);
      }
      return buffer.toString('latin1', 0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
