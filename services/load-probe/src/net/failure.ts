import type { FailedResult, SampleResult } from '../sampling/outcome.ts';
import { type IcmpMessage, icmpDetail, icmpMeaning } from './icmp.ts';

/**
 * Why a flow failed, and the outcome of a sample that fails so. These names are part of the JSON reports.
 */
export const outcomeOf = {
  dns: 'dns',
  refused: 'refused',
  unreachable: 'unreachable',
  connect_timeout: 'connect_timeout',
  /** A connect that hangs because the accept queue of the listener is full. */
  backlog_full: 'connect_timeout',
  reset: 'reset',
  /** FIN before the first byte, or before everything was sent. */
  closed: 'closed',
  read_timeout: 'read_timeout',
  write_timeout: 'write_timeout',
  /** UDP: no reply. */
  lost: 'lost',
  /** UDP: larger than a datagram may be on the path. */
  too_large: 'unreachable',
  /** This host itself: no port, file or buffer left. */
  local: 'prober_late',
} as const satisfies Readonly<Record<string, FailedResult['outcome']>>;

export type FailureKind = keyof typeof outcomeOf;

export interface FlowFailure extends FailedResult {
  readonly kind: FailureKind;
  /** The system's error code, where there is one. */
  readonly code?: string;
  /** No packet was sent. */
  readonly isOwn?: true | undefined;
  /** The ICMP message behind it, where the system reports it. */
  readonly icmp?: Pick<IcmpMessage, 'version' | 'type' | 'code' | 'from' | 'reporter'> | undefined;
}

/** Whether a result is the failure of a flow, with what the system says of it. */
export function isFlowFailure(result: SampleResult): result is FlowFailure {
  return 'kind' in result;
}

export function flowFailure(kind: FailureKind, detail: string): FlowFailure {
  return { kind, outcome: outcomeOf[kind], detail };
}

/** Gives the message for a remote `host:port`. */
type Wording = (remote: string) => string;

export interface SocketError extends NodeJS.ErrnoException {
  /** An error of this host itself: no packet was sent. */
  isOwn?: true;
  /** The ICMP message behind it, where the system reports it. */
  icmp?: IcmpMessage;
}

export function markAsOwn(error: SocketError): void {
  error.isOwn = true;
}

/** A refusal may have the address of the target also where a router or a firewall sent it. */
export function refusalWords(remote: string): string {
  return `nothing listens on ${remote}, or a firewall on the way says so in its place`;
}

/** The meaning of the system's error codes, see connect(2), tcp(7), udp(7) and ip(7). */
const meanings: Readonly<Record<string, readonly [FailureKind, Wording]>> = {
  ECONNREFUSED: ['refused', (remote) => `nothing listens on ${remote}`],
  ECONNRESET: ['reset', (remote) => `${remote} reset the connection`],
  ECONNABORTED: ['reset', (remote) => `the connection to ${remote} was aborted`],
  EPIPE: ['reset', (remote) => `${remote} had closed or reset the connection, and more was sent`],
  ETIMEDOUT: ['read_timeout', (remote) => `the system gave up on the connection to ${remote}`],
  EHOSTUNREACH: [
    'unreachable',
    (remote) =>
      `there is no way to the host of ${remote}, or a firewall on the way forbids it: the system does not tell which`,
  ],
  EHOSTDOWN: ['unreachable', (remote) => `the host of ${remote} is down`],
  ENETUNREACH: [
    'unreachable',
    (remote) =>
      `a router has no route to the network of ${remote}, or a firewall forbids it: the system does not tell which`,
  ],
  ENETDOWN: ['unreachable', (remote) => `the network to ${remote} is down`],
  ENOPROTOOPT: ['unreachable', (remote) => `the host of ${remote} does not speak the protocol`],
  // ICMPv6: prohibited by policy, or by a route that rejects.
  EACCES: ['unreachable', forbiddenOnTheWay],
  EPERM: ['unreachable', (remote) => `a firewall of this host forbids sending to ${remote}`],
  EMSGSIZE: ['too_large', (remote) => `the datagram is too large for the way to ${remote}`],
  EMFILE: ['local', () => 'the prober may open no more sockets; raise its limit on open files, ulimit -n'],
  ENFILE: ['local', () => "the prober's host can open no more files"],
  ENOBUFS: ['local', () => "the prober's host has no buffer left"],
  ENOMEM: ['local', () => "the prober's host has no memory left"],
  // A bind or a connect found no free port; a peer can't cause this.
  EADDRINUSE: ['local', () => 'the prober has no local port left'],
};

/** The meaning of the same codes where they come from the routes of this host. */
const ownMeanings: Readonly<Record<string, Wording>> = {
  EHOSTUNREACH: (remote) => `a route of this host says that there is no way to ${remote}`,
  ENETUNREACH: (remote) => `there is no route to the network of ${remote}`,
  EACCES: (remote) => `a route of this host forbids sending to ${remote}, or it is a broadcast address`,
};

/**
 * The meaning of the same codes where a UDP socket gets them when it reads. Linux reports an ICMP message with these
 * codes only where it says "administratively prohibited" (icmp_err_convert, tab_unreach: `fatal`). It does not report
 * that a host or network is unreachable, because that may be temporary.
 */
const icmpMeanings: Readonly<Record<string, Wording>> =
  process.platform === 'linux'
    ? { EHOSTUNREACH: forbiddenOnTheWay, ENETUNREACH: forbiddenOnTheWay, EACCES: forbiddenOnTheWay }
    : {};

function forbiddenOnTheWay(remote: string): string {
  return `a firewall or a router on the way forbids the traffic to ${remote} (ICMP: administratively prohibited)`;
}

/** What an ICMP message says about the samples that follow. */
export type IcmpHint = 'refused' | 'forbidden' | 'no_way';

/** The ICMP message behind an error of a UDP socket, if there is one. */
export function icmpHintOf({ code = '', icmp, syscall }: SocketError): IcmpHint | undefined {
  if (code === 'ECONNREFUSED') return 'refused';
  if (icmp && icmpMeaning(icmp).kind === 'too_large') return undefined;
  if (icmp && icmpMeaning(icmp).isTransient) return 'no_way';
  return syscall === 'recvmsg' && icmpMeanings[code] ? 'forbidden' : undefined;
}

/** The failure for an error of the socket of an open flow. A code that is not in the table counts as `unreachable`. */
export function socketFailure(error: SocketError, remote: string): FlowFailure {
  const { code = 'no code', icmp, isOwn, syscall } = error;
  const said = { code, ...(isOwn && { isOwn }), ...(icmp && { icmp: withoutQuote(icmp) }) };
  // A refusal by the target itself is the usual one: the message of its code names no sender.
  if (icmp && !(icmp.from === 'target' && code === 'ECONNREFUSED')) {
    return { ...flowFailure(icmpMeaning(icmp).kind, icmpDetail(icmp, remote)), ...said };
  }
  const meaning = meanings[code];
  if (!meaning) return { ...flowFailure('unreachable', `${remote}: ${error.message}`), ...said };
  const [kind, usual] = meaning;
  const special = isOwn ? ownMeanings[code] : syscall === 'recvmsg' ? icmpMeanings[code] : undefined;
  return { ...flowFailure(kind, `${(special ?? usual)(remote)} (${code})`), ...said };
}

function withoutQuote({
  version,
  type,
  code,
  from,
  reporter,
}: IcmpMessage): NonNullable<FlowFailure['icmp']> {
  return { version, type, code, from, reporter };
}

/**
 * The failure for an error that came while a flow was being opened.
 *
 * @param localPort the source port, where it was asked for
 */
export function dialFailure(error: Error, remote: string, family: 4 | 6, localPort?: number): FlowFailure {
  const { code } = error as NodeJS.ErrnoException;
  // In use, or not yet free after an earlier connection to the same remote.
  const isTaken = code === 'EADDRINUSE' || (code === 'EADDRNOTAVAIL' && family === 4);
  if (localPort !== undefined && isTaken) {
    const detail = `the source port ${localPort} is taken on this host (${code})`;
    return { ...flowFailure('local', detail), isPortTaken: true };
  }
  if (code === 'ETIMEDOUT') {
    return flowFailure('connect_timeout', `the system gave up connecting to ${remote} (${code})`);
  }
  if (code !== 'EADDRNOTAVAIL') return socketFailure(error, remote);
  // Over IPv6 the host may have no address. Over IPv4 it has one, so it has run out of ports.
  return family === 6
    ? flowFailure('unreachable', `this host has no IPv6 address to reach ${remote} from (${code})`)
    : flowFailure('local', `the prober has no local port left (${code})`);
}
