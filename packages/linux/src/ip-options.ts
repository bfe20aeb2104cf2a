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
  IPV6_MTU,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
} from './constants.ts';

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

/** An option of setsockopt(2) and getsockopt(2). */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
}

/** The options of a family, and the level that they are of. */
export function ipOptions(family: 4 | 6): (typeof OPTIONS)['ipv4' | 'ipv6'] {
  return family === 6 ? OPTIONS.ipv6 : OPTIONS.ipv4;
}
