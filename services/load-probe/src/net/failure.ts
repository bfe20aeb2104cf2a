import type { FailedResult } from '../sampling/outcome.ts';

/**
 * Why a flow failed, and the outcome that makes of a sample. The set is closed: it is part of the JSON reports.
 */
export const outcomeOf = {
  dns: 'dns',
  refused: 'refused',
  unreachable: 'unreachable',
  connect_timeout: 'connect_timeout',
  /** A connect that hangs because the listener does not accept what waits in its queue already. */
  backlog_full: 'connect_timeout',
  reset: 'reset',
  /** FIN before the first byte, or before everything was sent. */
  closed: 'closed',
  read_timeout: 'read_timeout',
  write_timeout: 'write_timeout',
  /** UDP: no reply. */
  lost: 'lost',
  /** UDP: more than one datagram holds on the way there. */
  too_large: 'unreachable',
  /** This host itself: no port, file or buffer left. */
  local: 'prober_late',
} as const satisfies Readonly<Record<string, FailedResult['outcome']>>;

export type FailureKind = keyof typeof outcomeOf;

export interface FlowFailure extends FailedResult {
  readonly kind: FailureKind;
}

export function flowFailure(kind: FailureKind, detail: string): FlowFailure {
  return { kind, outcome: outcomeOf[kind], detail };
}

/** Says what happened, of a remote `host:port`. */
type Wording = (remote: string) => string;

/** An error may say that this host refused by itself: nothing has left it. */
type SocketError = NodeJS.ErrnoException & { isOwn?: true };

export function markAsOwn(error: SocketError): void {
  error.isOwn = true;
}

/** What the system's error codes say, see connect(2), tcp(7), udp(7) and ip(7). */
const meanings: Readonly<Record<string, readonly [FailureKind, Wording]>> = {
  ECONNREFUSED: ['refused', (remote) => `nothing listens on ${remote}`],
  ECONNRESET: ['reset', (remote) => `${remote} reset the connection`],
  ECONNABORTED: ['reset', (remote) => `the connection to ${remote} was aborted`],
  EPIPE: ['reset', (remote) => `${remote} took no more of the connection's bytes`],
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
  // Of ICMPv6: prohibited, by policy or by a route that rejects.
  EACCES: ['unreachable', forbiddenOnTheWay],
  EPERM: ['unreachable', (remote) => `a firewall of this host forbids sending to ${remote}`],
  EMSGSIZE: ['too_large', (remote) => `the datagram is too large for the way to ${remote}`],
  EMFILE: ['local', () => 'the prober may open no more sockets; raise its limit on open files, ulimit -n'],
  ENFILE: ['local', () => "the prober's host can open no more files"],
  ENOBUFS: ['local', () => "the prober's host has no buffer left"],
  ENOMEM: ['local', () => "the prober's host has no memory left"],
  // Of a wildcard bind or a connect without a port left; a peer can't cause it.
  EADDRINUSE: ['local', () => 'the prober has no local port left'],
};

/** The same codes where they come from the routes of this host. */
const ownMeanings: Readonly<Record<string, Wording>> = {
  EHOSTUNREACH: (remote) => `a route of this host says that there is no way to ${remote}`,
  ENETUNREACH: (remote) => `there is no route to the network of ${remote}`,
  EACCES: (remote) => `a route of this host forbids sending to ${remote}, or it is a broadcast address`,
};

/**
 * The same codes where a UDP socket gets them when it reads. Linux passes on an ICMP message with these codes only where
 * it says that something is administratively prohibited (icmp_err_convert, tab_unreach: `fatal`). That a host or a network
 * is unreachable may pass, and Linux keeps it to itself.
 */
const icmpMeanings: Readonly<Record<string, Wording>> =
  process.platform === 'linux'
    ? { EHOSTUNREACH: forbiddenOnTheWay, ENETUNREACH: forbiddenOnTheWay, EACCES: forbiddenOnTheWay }
    : {};

function forbiddenOnTheWay(remote: string): string {
  return `a firewall or a router on the way forbids the traffic to ${remote} (ICMP: administratively prohibited)`;
}

/** What an ICMP message says, by which a host or a router answers for another one. */
export type IcmpMessage = 'refused' | 'forbidden';

/** The ICMP message behind an error of a UDP socket, if there is one. */
export function icmpMessageOf(error: Error): IcmpMessage | undefined {
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'refused';
  return syscall === 'recvmsg' && icmpMeanings[code] ? 'forbidden' : undefined;
}

/** The failure behind an error of an open flow's socket. A code that is not in the table counts as `unreachable`. */
export function socketFailure(error: SocketError, remote: string): FlowFailure {
  const { code = 'no code', isOwn, syscall } = error;
  const meaning = meanings[code];
  if (!meaning) return flowFailure('unreachable', `${remote}: ${error.message}`);
  const [kind, usual] = meaning;
  const special = isOwn ? ownMeanings[code] : syscall === 'recvmsg' ? icmpMeanings[code] : undefined;
  return flowFailure(kind, `${(special ?? usual)(remote)} (${code})`);
}

/** As `socketFailure`, of an error that came while a flow was being opened. */
export function dialFailure(error: Error, remote: string, family: 4 | 6): FlowFailure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ETIMEDOUT') {
    return flowFailure('connect_timeout', `the system gave up connecting to ${remote} (${code})`);
  }
  if (code !== 'EADDRNOTAVAIL') return socketFailure(error, remote);
  // A host may have no IPv6 at all; one without IPv4 to send from has run out of ports.
  return family === 6
    ? flowFailure('unreachable', `this host has no IPv6 address to reach ${remote} from (${code})`)
    : flowFailure('local', `the prober has no local port left (${code})`);
}
