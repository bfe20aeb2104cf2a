import type { FailureKind, FlowFailure } from '../../net/failure.ts';

export interface SendFailure extends FlowFailure {
  /** What to check next. */
  readonly next: string;
}

/** What to check next, by failure. */
const steps: Readonly<Record<FailureKind, string>> = {
  dns: 'check the spelling of the name and which resolver this host asks; load-probe resolve shows what it says',
  refused:
    'the host answers, so the path to it works: check that the service runs, that it listens on this port and on ' +
    'this address (not only on 127.0.0.1, say), and that no firewall rejects connections to it',
  unreachable:
    'where the message names an interface or a firewall, look there; otherwise check ' +
    "this host's route to the address (ip route get ADDRESS), its firewall, and whether the target host is up: in " +
    'the same network no host has the address, in another network a router reports that',
  connect_timeout:
    'no reply came: the host is down, the address is wrong, a filter (firewall, security group, network policy) ' +
    'drops packets, or the accept queue of the listener is full; all of these look the same from here; on the host, ' +
    'ss -ltn shows a full queue as Recv-Q above Send-Q',
  backlog_full:
    'the service is up but does not accept connections fast enough, or not at all: check whether it is stuck or ' +
    'has reached a limit on connections or open files, then whether its backlog is too small for bursts; ' +
    'ss -ltn shows the queue as Recv-Q and its limit as Send-Q',
  reset:
    "check the peer's log for a crash, an abort or a limit on connections; otherwise a middlebox that has no entry " +
    'for the connection any more (load balancer, NAT, firewall) sent the reset',
  closed:
    "check the peer's log and limits, and whether it expects other data; a load balancer without a healthy server " +
    'closes like this too, and some peers close when they get the FIN after the last byte (--keep-open sends none)',
  read_timeout:
    'check whether the peer waits for more, such as a line end or another message, or is stuck or overloaded; when ' +
    'small requests get an answer and large ones do not, the path loses large packets (load-probe mtu)',
  write_timeout:
    'the connection is open but the peer does not read: check whether it is stuck, overloaded, or waits for its own ' +
    'reply to be read',
  lost:
    'with UDP a lost request and a lost answer look the same: check that the service listens on this port and ' +
    'address, and that no filter drops UDP or the ICMP message port unreachable; load-probe mtu shows whether only ' +
    'large datagrams get lost',
  too_large:
    'send fewer bytes in one datagram; load-probe mtu finds the largest size that an echo service returns',
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
