import {
  IP_MTU,
  IP_MTU_DISCOVER,
  IP_RECVERR,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_DONTFRAG,
  IPV6_MTU,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  PMTUDISC_PROBE,
  SO_TIMESTAMPING,
  SOF_TIMESTAMPING_OPT_ID,
  SOF_TIMESTAMPING_OPT_TSONLY,
  SOF_TIMESTAMPING_RX_SOFTWARE,
  SOF_TIMESTAMPING_SOFTWARE,
  SOF_TIMESTAMPING_TX_SOFTWARE,
  SOL_SOCKET,
} from '../constants.ts';

/** Of SO_TIMESTAMPING. */
export const STAMPS =
  SOF_TIMESTAMPING_SOFTWARE |
  SOF_TIMESTAMPING_RX_SOFTWARE |
  SOF_TIMESTAMPING_TX_SOFTWARE |
  SOF_TIMESTAMPING_OPT_ID |
  SOF_TIMESTAMPING_OPT_TSONLY;

/** An option has a different number in each family. */
const OPTIONS = {
  ipv4: {
    level: IPPROTO_IP,
    errors: IP_RECVERR,
    ttl: IP_TTL,
    receiveTtl: IP_RECVTTL,
    trafficClass: IP_TOS,
    receiveTrafficClass: IP_RECVTOS,
    mtuDiscover: IP_MTU_DISCOVER,
    mtu: IP_MTU,
  },
  ipv6: {
    level: IPPROTO_IPV6,
    errors: IPV6_RECVERR,
    ttl: IPV6_UNICAST_HOPS,
    receiveTtl: IPV6_RECVHOPLIMIT,
    trafficClass: IPV6_TCLASS,
    receiveTrafficClass: IPV6_RECVTCLASS,
    mtuDiscover: IPV6_MTU_DISCOVER,
    mtu: IPV6_MTU,
  },
} as const;

export interface AsyncUdpOptions {
  /** TTL of each sent datagram, in place of the system's default. */
  readonly ttl?: number;
  /** The whole byte, DSCP and ECN. */
  readonly trafficClass?: number;
  /** Neither a router nor this host may fragment a datagram. A datagram too long for the interface is EMSGSIZE. */
  readonly dontFragment?: boolean;
  /** Whether to get `ttl` and `trafficClass` of received datagrams. */
  readonly receiveHeader?: boolean;
  /** Whether to get the kernel's timestamps of sent and received datagrams. */
  readonly timestamps?: boolean;
}

/** An option of setsockopt(2) and getsockopt(2). */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
}

/** The options to set: always the error queue, and the requested ones. */
export function socketOptions(
  family: 4 | 6,
  { dontFragment, receiveHeader, timestamps, trafficClass, ttl }: AsyncUdpOptions,
): readonly (readonly [SocketOption, number])[] {
  const { level, ...names } = family === 6 ? OPTIONS.ipv6 : OPTIONS.ipv4;
  const set: (readonly [SocketOption, number])[] = [];
  const add = (name: number, value: number): void => void set.push([{ level, name }, value]);
  add(names.errors, 1);
  if (ttl !== undefined) add(names.ttl, ttl);
  if (trafficClass !== undefined) add(names.trafficClass, trafficClass);
  if (dontFragment) {
    add(names.mtuDiscover, PMTUDISC_PROBE);
    if (family === 6) add(IPV6_DONTFRAG, 1);
  }
  if (receiveHeader) {
    add(names.receiveTtl, 1);
    add(names.receiveTrafficClass, 1);
  }
  if (timestamps) set.push([{ level: SOL_SOCKET, name: SO_TIMESTAMPING }, STAMPS]);
  return set;
}

/** The path MTU of a connected socket. */
export function mtuOption(family: 4 | 6): SocketOption {
  const { level, mtu: name } = family === 6 ? OPTIONS.ipv6 : OPTIONS.ipv4;
  return { level, name };
}
