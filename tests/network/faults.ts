/** Where in the lab a fault is: one of the parallel routers, or the last router before the target. */
export type Place = 'next hop' | 'exit';

export interface Fault {
  readonly does: string;
  /** The cause that is right, as `explain` names them. */
  readonly cause: string;
  /** What the lab is like without the fault, by name; an experiment must tell both apart. */
  readonly control: FaultName;
  readonly place: Place;
  /** Rules of nft(8) for what goes to the target. */
  readonly forward?: readonly string[];
  /** Rules for what comes back from the target. */
  readonly back?: readonly string[];
  /** Rules for what the router itself sends. */
  readonly output?: readonly string[];
}

export type FaultName =
  | 'none'
  | 'dead next hop'
  | 'dead way back'
  | 'lossy next hop'
  | 'uniform loss'
  | 'total loss'
  | 'rate limiter'
  | 'silent router'
  | 'rewritten DSCP'
  | 'dropped UDP port'
  | 'dropped TCP port'
  | 'forbidden UDP port'
  | 'reset TCP port'
  | 'no way on'
  | 'lost answers'
  | 'packets of a size'
  | 'policed class'
  | 'few new flows'
  | 'idle flows';

/** Every fault of the lab, by name. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  none: {
    does: 'nothing: every path is clean',
    cause: 'healthy',
    control: 'none',
    place: 'exit',
  },
  'dead next hop': {
    does: 'a next hop drops everything, without a word',
    cause: 'path_dead',
    control: 'none',
    place: 'next hop',
    forward: ['drop'],
  },
  'dead way back': {
    does: 'a next hop drops what comes back by it, where replies take the parallel paths',
    cause: 'path_dead',
    control: 'dead next hop',
    place: 'next hop',
    back: ['drop'],
  },
  'lossy next hop': {
    does: 'a next hop drops 5 %',
    cause: 'path_lossy',
    control: 'uniform loss',
    place: 'next hop',
    forward: ['numgen random mod 100 < 5 drop'],
  },
  'uniform loss': {
    does: 'the exit drops 5 %, whatever the path',
    cause: 'loss',
    control: 'lossy next hop',
    place: 'exit',
    forward: ['numgen random mod 100 < 5 drop'],
  },
  'total loss': {
    does: 'the exit drops everything',
    cause: 'filtered_drop',
    control: 'dead next hop',
    place: 'exit',
    forward: ['drop'],
  },
  'rate limiter': {
    does: 'the exit lets 200 packets a second pass and drops the others',
    cause: 'rate_limited',
    control: 'uniform loss',
    place: 'exit',
    forward: ['limit rate over 200/second burst 20 packets drop'],
  },
  'silent router': {
    does: 'a next hop sends no ICMP; it forwards as the others do',
    cause: 'healthy',
    control: 'dead next hop',
    place: 'next hop',
    output: ['meta l4proto { icmp, icmpv6 } drop'],
  },
  'rewritten DSCP': {
    does: 'a next hop sets DSCP to cs1',
    cause: 'healthy',
    control: 'none',
    place: 'next hop',
    forward: ['ip dscp set cs1', 'ip6 dscp set cs1'],
  },
  'dropped UDP port': {
    does: 'the exit drops UDP to port 7007',
    cause: 'filtered_drop',
    control: 'none',
    place: 'exit',
    forward: ['udp dport 7007 drop'],
  },
  'dropped TCP port': {
    does: 'the exit drops TCP to port 7007',
    cause: 'filtered_drop',
    control: 'none',
    place: 'exit',
    forward: ['tcp dport 7007 drop'],
  },
  'forbidden UDP port': {
    does: 'the exit rejects UDP to port 7007 as administratively prohibited',
    cause: 'filtered_reject',
    control: 'dropped UDP port',
    place: 'exit',
    forward: ['udp dport 7007 reject with icmpx type admin-prohibited'],
  },
  'reset TCP port': {
    does: 'the exit resets TCP to port 7007',
    cause: 'filtered_reject',
    control: 'none',
    place: 'exit',
    forward: ['tcp dport 7007 reject with tcp reset'],
  },
  'no way on': {
    does: 'the exit says that there is no route',
    cause: 'no_route',
    control: 'none',
    place: 'exit',
    forward: ['reject with icmpx type no-route'],
  },
  'lost answers': {
    does: 'the exit drops 60 % of what comes back from the target',
    cause: 'return_path',
    control: 'uniform loss',
    place: 'exit',
    back: ['numgen random mod 100 < 60 drop'],
  },
  'packets of a size': {
    does: 'the exit drops packets of more than 1300 bytes, without a word',
    cause: 'mtu_hole',
    control: 'none',
    place: 'exit',
    forward: ['meta length > 1300 drop'],
  },
  'policed class': {
    does: 'the exit drops 60 % of what is marked ef',
    cause: 'dscp_policed',
    control: 'rewritten DSCP',
    place: 'exit',
    forward: ['ip dscp ef numgen random mod 100 < 60 drop', 'ip6 dscp ef numgen random mod 100 < 60 drop'],
  },
  'few new flows': {
    does: 'the exit lets 10 new flows a second pass, and those that are known',
    cause: 'new_flows_fail',
    control: 'rate limiter',
    place: 'exit',
    forward: ['ct state new limit rate over 10/second burst 5 packets drop'],
  },
  'idle flows': {
    does: 'the exit forgets TCP flows that are idle for 2 s, and drops what it does not know',
    cause: 'idle_cut',
    control: 'none',
    place: 'exit',
    forward: [
      'tcp flags & (syn|ack) == syn add @flows { ip saddr . tcp sport }',
      'tcp flags & (syn|ack) != syn ip saddr . tcp sport != @flows drop',
      'meta l4proto tcp update @flows { ip saddr . tcp sport }',
    ],
  },
};

/** Flows that are known for as long as they are not idle. */
const FLOWS = 'set flows { type ipv4_addr . inet_service; flags dynamic, timeout; timeout 2s; }';

/** The rules of a fault as a file of nft(8), which replaces that of another fault. */
export function nftOf({
  back = [],
  forward = [],
  output = [],
}: Pick<Fault, 'back' | 'forward' | 'output'>): string {
  // A link-local neighbour must be found, or an output rule would break the path itself.
  const found = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';
  const chain = (hook: string, rules: readonly string[]): string =>
    `chain ${hook} { type filter hook ${hook} priority 0;\n${rules.join('\n')}\n}`;
  return [
    'table inet lab\ndelete table inet lab\ntable inet lab {',
    FLOWS,
    chain('forward', [
      ...forward.map((rule) => `oifname "far" ${rule}`),
      ...back.map((rule) => `iifname "far" ${rule}`),
    ]),
    chain('output', [found, ...output]),
    '}\n',
  ].join('\n');
}
