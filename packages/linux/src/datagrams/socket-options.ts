import {
  IPV6_DONTFRAG,
  IPV6_FLOWINFO_SEND,
  PMTUDISC_PROBE,
  SO_ERROR,
  SO_TIMESTAMPING,
  SOF_TIMESTAMPING_OPT_ID,
  SOF_TIMESTAMPING_OPT_TSONLY,
  SOF_TIMESTAMPING_RX_SOFTWARE,
  SOF_TIMESTAMPING_SOFTWARE,
  SOF_TIMESTAMPING_TX_SOFTWARE,
  SOL_SOCKET,
} from '../constants.ts';
import { ipOptions, type SocketOption } from '../ip-options.ts';

export const PENDING_ERROR: SocketOption = { level: SOL_SOCKET, name: SO_ERROR };
export const TIMESTAMPS: SocketOption = { level: SOL_SOCKET, name: SO_TIMESTAMPING };
/** Of TIMESTAMPS: those of received packets. */
export const RECEIVE_STAMPS = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
/** Of TIMESTAMPS: those of sent datagrams too. */
export const STAMPS =
  RECEIVE_STAMPS | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

export interface AsyncUdpOptions {
  /** TTL of each sent datagram, in place of the system's default. */
  readonly ttl?: number;
  /** The whole byte, DSCP and ECN. */
  readonly trafficClass?: number;
  /** Neither a router nor this host may fragment a datagram. A datagram too long for the interface is EMSGSIZE. */
  readonly dontFragment?: boolean;
  /** Whether to get `ttl` and `trafficClass` of what is received, and over IPv6 `quotedTrafficClass`. */
  readonly receiveHeader?: boolean;
  /** Whether to get the kernel's timestamps of sent and received datagrams. */
  readonly timestamps?: boolean;
}

/** The options to set: always the error queue, and the requested ones. */
export function socketOptions(
  family: 4 | 6,
  { dontFragment, receiveHeader, timestamps, trafficClass, ttl }: AsyncUdpOptions,
): readonly (readonly [SocketOption, number])[] {
  const { level, ...names } = ipOptions(family);
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
    if (family === 6) add(IPV6_FLOWINFO_SEND, 1);
  }
  if (timestamps) set.push([TIMESTAMPS, STAMPS]);
  return set;
}
