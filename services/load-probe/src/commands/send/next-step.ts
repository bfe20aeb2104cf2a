import type { FailureKind, FlowFailure } from '../../net/failure.ts';

export interface SendFailure extends FlowFailure {
  /** What to check next. */
  readonly next: string;
}

/** What a person should look at next, by what became of the exchange. */
const steps: Readonly<Record<FailureKind, string>> = {
  dns: 'check the spelling of the name and which resolver this host asks; load-probe resolve shows what it says',
  refused:
    'the host answers, so the way to it works: check that the service runs, that it listens on this port and on ' +
    'this address (not only on 127.0.0.1, say), and that no firewall rejects in its name',
  unreachable:
    'where the words name an interface or a firewall, look there; otherwise check ' +
    "this host's route to the address (ip route get ADDRESS), its firewall, and whether the host is up: in " +
    'the same network this means that nobody has the address, beyond it that a router on the way says so',
  connect_timeout:
    'nobody answered, which looks the same from here when the host is down, when the address is wrong, when a ' +
    'filter (firewall, security group, network policy) drops packets, and when the accept queue of the listener is ' +
    'full; on the host, ss -ltn shows a full queue as Recv-Q above Send-Q',
  backlog_full:
    'the service is up but does not accept connections fast enough, or not at all: check whether it is stuck or ' +
    'has reached a limit on connections or open files, then whether its backlog is too small for its bursts; ' +
    'ss -ltn shows the queue as Recv-Q and its limit as Send-Q',
  reset:
    "check the peer's log for a crash, an abort or a limit on connections; when it knows of none, something in " +
    'between that has lost track of the connection (load balancer, NAT, firewall) sent the reset',
  closed:
    "check the peer's log and limits, and whether it expects something else to be sent; a load balancer without a " +
    'healthy server behind it closes like this too, and some peers hang up when they see the FIN that follows the ' +
    'last byte (--keep-open sends none)',
  read_timeout:
    'check whether the peer waits for more, such as a line end or another message, or is stuck or overloaded; when ' +
    'small requests get an answer and large ones do not, something on the way loses large packets (load-probe mtu)',
  write_timeout:
    'the connection stands but the peer does not read: check whether it is stuck, overloaded, or itself waits for ' +
    'somebody to read its answer',
  lost:
    'UDP does not tell a lost request from a lost answer: check that the service listens on this port and address, ' +
    'and that no filter drops UDP or hides the ICMP message that would say that nobody listens; load-probe mtu ' +
    'tells whether only large datagrams get lost',
  too_large:
    'send fewer bytes in one datagram; load-probe mtu finds how many get there and back over an echo service',
  local:
    'check the limits of this host: open files (ulimit -n), local ports (net.ipv4.ip_local_port_range), memory',
};

/** @param hostAnswers whether the host answers on another port, where that was tried */
export function withNextStep(failure: FlowFailure, hostAnswers?: boolean): SendFailure {
  if (failure.kind !== 'connect_timeout' || hostAnswers === undefined) {
    return { ...failure, next: steps[failure.kind] };
  }
  return hostAnswers
    ? {
        ...failure,
        detail: `${failure.detail}; the host is up: it answers a connect to another port at once`,
        next:
          'a filter (firewall, security group, network policy) drops what goes to this port, or the accept queue ' +
          'of the listener is full because the service does not accept; on the host, ss -ltn shows a full queue ' +
          'as Recv-Q above Send-Q',
      }
    : {
        ...failure,
        detail: `${failure.detail}; nor did the host answer on another port`,
        next: steps.connect_timeout,
      };
}
