import type { FigureName } from './figures.ts';
import type { Goal } from './goals.ts';

/** The protocol of a server. */
export type Service = 'tcp-echo' | 'tcp-daytime' | 'udp-echo' | 'udp-daytime' | 'stamp';

export type ServerName = 'ours' | 'before' | 'go' | 'go-loop' | 'c' | 'socat' | 'xinetd';

/** Our service for each protocol, and the name of its listener. */
export const own: Readonly<Record<Service, { readonly service: string; readonly listener: string }>> = {
  'tcp-echo': { service: 'echo', listener: 'echo-tcp' },
  'udp-echo': { service: 'echo', listener: 'echo-udp' },
  'tcp-daytime': { service: 'daytime', listener: 'daytime-tcp' },
  'udp-daytime': { service: 'udp-daytime', listener: 'daytime-udp' },
  stamp: { service: 'echo', listener: 'stamp-udp' },
};

/** One row of a table. */
export interface Contender {
  readonly name: string;
  readonly server: ServerName;
  /** Whether its `/metrics` is scraped during the run, ten times a second. */
  readonly isScraped?: boolean;
  /** What it serves in place of the workload's own protocol. */
  readonly instead?: Pick<Workload, 'service' | 'generator'>;
}

export interface Workload {
  /** Name for `--only`, which also accepts its beginning. */
  readonly id: string;
  readonly title: string;
  readonly service: Service;
  /** Arguments of the generator beside the port, the process and the times. */
  readonly generator: readonly [workload: string, ...options: string[]];
  readonly connections: number;
  readonly contenders: readonly Contender[];
  readonly figures: readonly FigureName[];
  readonly goals: readonly Goal[];
  /** True for more connections than the machine's connection tracking may hold. */
  readonly needsOwnNetwork?: boolean;
}

const ours: Contender = { name: 'ours', server: 'ours' };
const before: Contender = { name: 'before', server: 'before' };
const go: Contender = { name: 'go', server: 'go' };
/** io.Copy has a pipe for each connection, so three files. This server still runs where that is too many. */
const goLoop: Contender = { name: 'go, read/write loop', server: 'go-loop' };
const c: Contender = { name: 'c', server: 'c' };
const xinetd: Contender = { name: 'xinetd', server: 'xinetd' };
const socat: Contender = { name: 'socat', server: 'socat' };
const scraped: Contender = { name: 'ours, scraped', server: 'ours', isScraped: true };

/** Sockets, and datagrams in flight on each: enough to keep any server busy, too few to overflow its receive buffer. */
const DATAGRAM_SOCKETS = 16;
const IN_FLIGHT = 4;
/** A new connection every two milliseconds, 500 per second. */
const VISIT_EVERY_US = 2_000;
/** One-shot connections open at once. */
const ONE_SHOT_CONNECTIONS = 32;
/** With fewer connections, random changes of the heap exceed their memory. */
const MEMORY_CONNECTIONS = 1_000;
const KILOBYTE = 1024;

export const workloads: readonly Workload[] = [
  pingPong('tcp-echo-50x64', 50, 64, [ours, go, c, xinetd, socat], [atLeast(1, 'go'), atLeast(0.8, 'c')]),
  pingPong('tcp-echo-1000x512', 1_000, 512, [ours, go, c], [atLeast(1.1, 'go'), atLeast(0.8, 'c')]),
  pingPong(
    'tcp-echo-10000x64',
    10_000,
    64,
    [ours, go, goLoop, c],
    [
      { ...atLeast(2, 'go'), orOf: goLoop.name },
      atLeast(0.9, 'c'),
      { figure: 'memory', atMost: 8 * KILOBYTE },
    ],
  ),
  pingPong('tcp-echo-20x16384', 20, 16_384, [ours, go, c], [atLeast(1, 'go'), atLeast(0.85, 'c')]),
  {
    id: 'new-connections',
    title: 'new TCP connections beside 1,000 busy ones, one every 2 ms: connect to first echo',
    service: 'tcp-echo',
    generator: ['ping-pong', 'connections=1000', 'size=64', `visit_every_us=${VISIT_EVERY_US}`],
    connections: 1_000,
    contenders: [ours, go, c],
    figures: ['firstReply', 'firstReplyP999', 'throughput'],
    goals: [{ figure: 'firstReplyP999', atMost: 100_000 }],
  },
  {
    id: 'tcp-daytime',
    title: 'TCP daytime: connect, read the line, close; 32 at once',
    service: 'tcp-daytime',
    generator: ['one-shot', `connections=${ONE_SHOT_CONNECTIONS}`],
    needsOwnNetwork: true,
    connections: ONE_SHOT_CONNECTIONS,
    contenders: [ours, go, c, xinetd],
    figures: ['throughput', 'p50', 'p99', 'cpu'],
    goals: [{ figure: 'cpu', atMost: 0.85, of: 'go' }],
  },
  datagrams('udp-echo', 'UDP echo of 64 B', ['size=64']),
  datagrams('udp-daytime', 'UDP daytime', []),
  {
    ...datagrams('stamp', 'STAMP reflector', []),
    contenders: [
      ours,
      { name: 'our UDP echo', server: 'ours', instead: datagrams('udp-echo', '', ['size=44']) },
    ],
    goals: [atLeast(0.8, 'our UDP echo')],
  },
  {
    id: 'scraped',
    title: 'TCP echo, 50 connections, 64 B, with /metrics scraped ten times a second and without',
    service: 'tcp-echo',
    generator: ['ping-pong', 'connections=50', 'size=64'],
    connections: 50,
    contenders: [ours, scraped],
    figures: ['throughput', 'p50', 'p99', 'cpu'],
    goals: [{ figure: 'p99', atMost: 1.1, of: 'ours', by: 'ours, scraped' }],
  },
];

/** The same load on our service alone: this version and the version before. */
export function besideBefore(workload: Workload): Workload {
  return { ...workload, contenders: [ours, before], goals: [atLeast(0.95, before.name)] };
}

function pingPong(
  id: string,
  connections: number,
  size: number,
  contenders: readonly Contender[],
  goals: readonly Goal[],
): Workload {
  return {
    id,
    title: `TCP echo, ${connections.toLocaleString('en')} connections, ${size} B ping-pong`,
    service: 'tcp-echo',
    generator: ['ping-pong', `connections=${connections}`, `size=${size}`],
    connections,
    contenders,
    figures: [
      'throughput',
      'p50',
      'p99',
      'cpu',
      ...(connections >= MEMORY_CONNECTIONS ? ['memory' as const] : []),
    ],
    goals,
  };
}

function datagrams(
  service: 'udp-echo' | 'udp-daytime' | 'stamp',
  title: string,
  options: readonly string[],
): Workload {
  return {
    id: service,
    title: `${title}: ${DATAGRAM_SOCKETS} sockets with ${IN_FLIGHT} datagrams in flight on each`,
    service,
    generator: [service, `connections=${DATAGRAM_SOCKETS}`, `in_flight=${IN_FLIGHT}`, ...options],
    connections: DATAGRAM_SOCKETS,
    contenders: [ours, go, c, xinetd],
    figures: ['throughput', 'p50', 'p99', 'cpu', 'lost'],
    goals: [atLeast(1.3, 'go'), atLeast(0.9, 'c')],
  };
}

function atLeast(ratio: number, of: string): Goal {
  return { figure: 'throughput', atLeast: ratio, of };
}
