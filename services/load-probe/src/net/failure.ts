import type { Outcome } from '../sampling/outcome.ts';
import type { Verdict } from '../sampling/verdict.ts';

interface Meaning {
  readonly outcome: Exclude<Outcome, 'ok'>;
  /** In words, of a peer's `host:port`. */
  words(peer: string): string;
}

/** An error of a connect that this host refused by itself: nothing has left it. */
export type OwnError = Error & { readonly isOwn?: true };

/** What the system's error codes say, see connect(2), tcp(7), udp(7) and ip(7). */
const meanings: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: { outcome: 'refused', words: (peer) => `nothing listens on ${peer}` },
  ECONNRESET: { outcome: 'reset', words: (peer) => `${peer} reset the connection` },
  ECONNABORTED: { outcome: 'reset', words: (peer) => `the connection to ${peer} was aborted` },
  EPIPE: { outcome: 'reset', words: (peer) => `${peer} took no more of the connection's bytes` },
  ETIMEDOUT: { outcome: 'read_timeout', words: (peer) => `the system gave up on the connection to ${peer}` },
  EHOSTUNREACH: {
    outcome: 'unreachable',
    words: (peer) =>
      `there is no way to the host of ${peer}, or a firewall on the way forbids it: the system does not tell which`,
  },
  EHOSTDOWN: { outcome: 'unreachable', words: (peer) => `the host of ${peer} is down` },
  ENETUNREACH: {
    outcome: 'unreachable',
    words: (peer) =>
      `a router has no route to the network of ${peer}, or a firewall forbids it: the system does not tell which`,
  },
  ENETDOWN: { outcome: 'unreachable', words: (peer) => `the network to ${peer} is down` },
  ENOPROTOOPT: { outcome: 'unreachable', words: (peer) => `the host of ${peer} does not speak the protocol` },
  // Of ICMPv6: prohibited, by policy or by a route that rejects.
  EACCES: { outcome: 'unreachable', words: forbiddenWords },
  EPERM: { outcome: 'unreachable', words: (peer) => `a firewall of this host forbids sending to ${peer}` },
  EMSGSIZE: { outcome: 'unreachable', words: (peer) => `the datagram is too large for the way to ${peer}` },
  EMFILE: {
    outcome: 'prober_late',
    words: () => 'the prober may open no more sockets; raise its limit on open files, ulimit -n',
  },
  ENFILE: { outcome: 'prober_late', words: () => "the prober's host can open no more files" },
  ENOBUFS: { outcome: 'prober_late', words: () => "the prober's host has no buffer left" },
  ENOMEM: { outcome: 'prober_late', words: () => "the prober's host has no memory left" },
  // Of a wildcard bind or a connect without a port left; a peer can't cause it.
  EADDRINUSE: { outcome: 'prober_late', words: () => 'the prober has no local port left' },
};

/** The same of errors that come from the routes of this host. */
const ownWords: Readonly<Record<string, Meaning['words']>> = {
  EHOSTUNREACH: (peer) => `a route of this host says that there is no way to ${peer}`,
  ENETUNREACH: (peer) => `there is no route to the network of ${peer}`,
  EACCES: (peer) => `a route of this host forbids sending to ${peer}, or it is a broadcast address`,
};

/**
 * The same where a UDP socket is told of an ICMP answer when it reads. Of those with these codes Linux tells it only
 * that something is administratively prohibited (icmp_err_convert, tab_unreach: `fatal`); that a host or a network is
 * unreachable may pass, and is kept to itself.
 */
const icmpWords: Readonly<Record<string, Meaning['words']>> =
  process.platform === 'linux'
    ? { EHOSTUNREACH: forbiddenWords, ENETUNREACH: forbiddenWords, EACCES: forbiddenWords }
    : {};

function forbiddenWords(peer: string): string {
  return `a firewall or a router on the way forbids the traffic to ${peer} (ICMP: administratively prohibited)`;
}

/** What an ICMP message says, by which a host or a router answers for another one. */
export type IcmpMessage = 'refused' | 'forbidden';

/** The ICMP message behind an error of a UDP socket, if there is one. */
export function icmpMessageOf(error: Error): IcmpMessage | undefined {
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'refused';
  return syscall === 'recvmsg' && icmpWords[code] ? 'forbidden' : undefined;
}

/** The class of a socket's error and its words. What is not known by its code counts as `unreachable`. */
export function socketFailure(error: OwnError, peer: string): Verdict {
  const { code = 'no code', syscall } = error as NodeJS.ErrnoException;
  const meaning = meanings[code];
  if (!meaning) return { outcome: 'unreachable', detail: `${peer}: ${error.message}` };
  const special = error.isOwn ? ownWords[code] : syscall === 'recvmsg' ? icmpWords[code] : undefined;
  return { outcome: meaning.outcome, detail: `${(special ?? meaning.words)(peer)} (${code})` };
}

/** As `socketFailure`, of an error that came while a flow was being opened. */
export function dialFailure(error: Error, peer: string, family: 4 | 6): Verdict {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ETIMEDOUT') {
    return { outcome: 'connect_timeout', detail: `the system gave up connecting to ${peer} (${code})` };
  }
  if (code === 'EADDRNOTAVAIL') {
    // A host may have no IPv6 at all; one without IPv4 to send from has run out of ports.
    return family === 6
      ? { outcome: 'unreachable', detail: `this host has no IPv6 address to reach ${peer} from (${code})` }
      : { outcome: 'prober_late', detail: `the prober has no local port left (${code})` };
  }
  return socketFailure(error, peer);
}
