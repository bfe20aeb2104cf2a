/** Facts from proc(5) about this process and its network namespace. Other systems have none. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';

const OWN_DESCRIPTORS = '/proc/self/fd';
/** Columns of /proc/net/tcp and udp, https://docs.kernel.org/networking/proc_net_tcp.html */
const LOCAL = 1;
const STATE = 3;
const QUEUES = 4;
const RETRANSMITS = 6;
const INODE = 9;
const DROPS = 12;

/** One socket of a table such as /proc/net/tcp. A column is parsed only when it is used: the tables may be long. */
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

  /** Bytes not sent or not acknowledged yet. */
  get sendQueue(): number {
    return Number.parseInt(this.#half(QUEUES, 0), 16);
  }

  /** Unread bytes; of a TCP listener the number of connections in the accept queue. */
  get receiveQueue(): number {
    return Number.parseInt(this.#half(QUEUES, 1), 16);
  }

  /** How often the oldest unacknowledged segment was retransmitted. */
  get retransmits(): number {
    return Number.parseInt(this.#columns[RETRANSMITS] ?? '', 16);
  }

  get inode(): string {
    return this.#columns[INODE] ?? '';
  }

  /** Of a UDP socket: datagrams dropped because the receive buffer was full. */
  get drops(): number {
    return Number(this.#columns[DROPS]);
  }

  #half(column: number, which: 0 | 1): string {
    return this.#columns[column]?.split(':')[which] ?? '';
  }
}

/**
 * The sockets of one protocol, IPv4 and IPv6; undefined where the table can't be read, also for lack of a descriptor.
 *
 * @param process id of a process: the sockets are those of its network namespace
 * @param maxBytes to read of each table: the kernel does not produce the rest
 */
export function socketsOf(
  protocol: 'tcp' | 'udp',
  process = 'self',
  maxBytes?: number,
): readonly SocketRow[] | undefined {
  const table = `/proc/${process}/net/${protocol}`;
  const ipv4 = rowsOf(table, maxBytes);
  // A system without IPv6 has no table for it.
  const ipv6 = existsSync(`${table}6`) ? rowsOf(`${table}6`, maxBytes) : [];
  return ipv4 && ipv6 && [...ipv4, ...ipv6];
}

function rowsOf(table: string, maxBytes?: number): readonly SocketRow[] | undefined {
  const text = maxBytes === undefined ? read(table) : readStart(table, maxBytes);
  // The last line may be incomplete.
  const lines = text?.slice(0, text.lastIndexOf('\n')).split('\n');
  return lines?.slice(1).map((line) => new SocketRow(line));
}

/** The inode of a socket of this process, its key in the tables; undefined where `fd` is no socket. */
export function inodeOf(fd: number | string): string | undefined {
  return /^socket:\[(\d+)\]$/.exec(linkOf(fd) ?? '')?.[1];
}

/** The inodes of all sockets of this process, of all threads. @throws Error of the system */
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

/** Whether a socket on `::` serves IPv6 only by default, net.ipv6.bindv6only. */
export function isSystemIpv6Only(): boolean {
  return read('/proc/sys/net/ipv6/bindv6only')?.trim() === '1';
}

/**
 * Number of connections dropped because an accept queue was full, in this network namespace since its start; undefined
 * where the kernel does not say.
 */
export function listenOverflows(): number | undefined {
  const lines = read('/proc/net/netstat')?.split('\n') ?? [];
  const [names, values] = lines.filter((line) => line.startsWith('TcpExt:')).map((line) => line.split(' '));
  const value = values?.[names?.indexOf('ListenOverflows') ?? -1];
  return value === undefined ? undefined : Number(value);
}

/** A number of net.ipv4 in sysctl(8), such as `tcp_sack`, which is for IPv6 too; undefined where it can't be read. */
export function tcpSetting(name: string): number | undefined {
  const text = read(`/proc/sys/net/ipv4/${name}`)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function linkOf(fd: number | string): string | undefined {
  try {
    return readlinkSync(`${OWN_DESCRIPTORS}/${fd}`);
  } catch {
    // The descriptor was closed meanwhile.
    return undefined;
  }
}

/** The text of a file; undefined where the system has no such file, or no descriptor is free. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The same for the first bytes of a file. */
function readStart(path: string, bytes: number): string | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      let length = 0;
      // One read returns about a page.
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
