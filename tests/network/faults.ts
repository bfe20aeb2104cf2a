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
  /** Rules for what the router itself sends. */
  readonly output?: readonly string[];
}

export type FaultName =
  | 'none'
  | 'dead next hop'
  | 'lossy next hop'
  | 'uniform loss'
  | 'total loss'
  | 'rate limiter'
  | 'silent router'
  | 'rewritten DSCP';

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
};

/** The rules of a fault as a file of nft(8), which replaces that of another fault. */
export function nftOf({ forward = [], output = [] }: Pick<Fault, 'forward' | 'output'>): string {
  // A link-local neighbour must be found, or an output rule would break the path itself.
  const found = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';
  const chain = (hook: string, rules: readonly string[]): string =>
    `chain ${hook} { type filter hook ${hook} priority 0;\n${rules.join('\n')}\n}`;
  const to = (rule: string): string => `oifname "far" ${rule}`;
  return [
    'table inet lab\ndelete table inet lab\ntable inet lab {',
    chain('forward', forward.map(to)),
    chain('output', [found, ...output]),
    '}\n',
  ].join('\n');
}
