import type { IcmpReport } from '@echo-daytime/linux';

/** An ICMP message to a datagram of ours, as the error queue of its socket tells of it. */
export interface IcmpMessage extends IcmpReport {
  /** `other`: a router or a firewall; it may answer in the name of the target too. */
  readonly from: 'target' | 'this_host' | 'other';
}

export type IcmpKind = 'refused' | 'unreachable' | 'too_large';

export interface IcmpMeaning {
  readonly kind: IcmpKind;
  /** What it means for a remote `host:port`. */
  readonly words: (remote: string) => string;
  /** As the RFC calls it. */
  readonly name: string;
  /** It may pass: one datagram is lost, and the next may arrive. As Linux sees it, `fatal` in icmp_err_convert. */
  readonly isTransient: boolean;
}

const noRouteToHost = (remote: string): string => `no route to the host of ${remote}`;
const noRouteToNetwork = (remote: string): string => `no route to the network of ${remote}`;
const forbidden = (remote: string): string => `the traffic to ${remote} is forbidden`;
const noProtocol = (remote: string): string => `the host of ${remote} does not speak the protocol`;
const expired = (remote: string): string =>
  `the way to ${remote} has more hops than a datagram may take, which is what a routing loop looks like`;
const incomplete = (remote: string): string => `a fragment on the way to ${remote} was lost`;
const tooLarge = (remote: string): string => `the datagram is too large for the way to ${remote}`;
const notUnderstood = (remote: string): string => `the header of a packet to ${remote} was not understood`;
const refused = (remote: string): string => `nothing listens on ${remote}, or a firewall rejects it`;

const [LASTS, PASSES] = [false, true];

type Row = readonly [
  code: number,
  kind: IcmpKind,
  isTransient: boolean,
  words: IcmpMeaning['words'],
  name: string,
];

/** By type: what each code means, RFC 792, RFC 1122 (3.2.2.1) and RFC 1812 (5.2.7.1). */
const v4: Readonly<Record<number, readonly Row[]>> = {
  3: [
    [0, 'unreachable', PASSES, noRouteToNetwork, 'network unreachable'],
    [1, 'unreachable', PASSES, noRouteToHost, 'host unreachable'],
    [2, 'unreachable', LASTS, noProtocol, 'protocol unreachable'],
    [3, 'refused', LASTS, refused, 'port unreachable'],
    [4, 'too_large', PASSES, tooLarge, 'fragmentation needed'],
    [5, 'unreachable', PASSES, noRouteToHost, 'source route failed'],
    [6, 'unreachable', LASTS, noRouteToNetwork, 'destination network unknown'],
    [7, 'unreachable', LASTS, noRouteToHost, 'destination host unknown'],
    [8, 'unreachable', LASTS, noRouteToHost, 'source host isolated'],
    [9, 'unreachable', LASTS, forbidden, 'network administratively prohibited'],
    [10, 'unreachable', LASTS, forbidden, 'host administratively prohibited'],
    [11, 'unreachable', PASSES, noRouteToNetwork, 'network unreachable for this type of service'],
    [12, 'unreachable', PASSES, noRouteToHost, 'host unreachable for this type of service'],
    [13, 'unreachable', LASTS, forbidden, 'communication administratively prohibited'],
    [14, 'unreachable', LASTS, forbidden, 'host precedence violation'],
    [15, 'unreachable', LASTS, forbidden, 'precedence cutoff in effect'],
  ],
  11: [
    [0, 'unreachable', PASSES, expired, 'time to live exceeded in transit'],
    [1, 'unreachable', PASSES, incomplete, 'fragment reassembly time exceeded'],
  ],
  12: [[0, 'unreachable', LASTS, notUnderstood, 'parameter problem']],
};

/** RFC 4443. */
const v6: typeof v4 = {
  1: [
    [0, 'unreachable', PASSES, noRouteToNetwork, 'no route to destination'],
    [1, 'unreachable', LASTS, forbidden, 'communication administratively prohibited'],
    [2, 'unreachable', PASSES, noRouteToHost, 'beyond scope of source address'],
    [3, 'unreachable', PASSES, noRouteToHost, 'address unreachable'],
    [4, 'refused', LASTS, refused, 'port unreachable'],
    [5, 'unreachable', LASTS, forbidden, 'source address failed ingress/egress policy'],
    [6, 'unreachable', LASTS, forbidden, 'reject route to destination'],
  ],
  2: [[0, 'too_large', PASSES, tooLarge, 'packet too big']],
  3: [
    [0, 'unreachable', PASSES, expired, 'hop limit exceeded in transit'],
    [1, 'unreachable', PASSES, incomplete, 'fragment reassembly time exceeded'],
  ],
  4: [[0, 'unreachable', LASTS, notUnderstood, 'parameter problem']],
};

export function icmpMeaning({
  version,
  type,
  code,
}: Pick<IcmpMessage, 'version' | 'type' | 'code'>): IcmpMeaning {
  const row = (version === 4 ? v4 : v6)[type]?.find(([number]) => number === code);
  if (row === undefined) {
    return {
      kind: 'unreachable',
      isTransient: true,
      words: noRouteToHost,
      name: `type ${type} code ${code}`,
    };
  }
  const [, kind, isTransient, words, name] = row;
  return { kind, isTransient, words, name };
}

/** What happened and who says so. */
export function icmpDetail(message: IcmpMessage, remote: string): string {
  const { name, words } = icmpMeaning(message);
  const version = message.version === 4 ? 'ICMP' : 'ICMPv6';
  if (message.from === 'this_host' && words === noRouteToHost) {
    return `no host has the address of ${remote} on this host's own link (${version} ${name}, of this host itself)`;
  }
  return `${words(remote)}, says ${whoSays(message)} (${version} ${name})`;
}

function whoSays({ from, reporter = 'an unknown host' }: IcmpMessage): string {
  if (from === 'target') return 'the host itself';
  return from === 'this_host' ? 'this host itself' : `router ${reporter}`;
}
