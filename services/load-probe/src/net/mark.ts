import { markingProblem } from '@echo-daytime/linux';
import { isUdp } from '../targets/protocol.ts';
import type { Target } from '../targets/target.ts';
import type { UdpEngine } from './udp-socket.ts';

/** The option that marks the packets of a target; none where it has no `dscp`. */
export function markOf({ dscp }: Target): { readonly trafficClass?: number } {
  // The DSCP is the upper six bits of the byte, ECN the others.
  return dscp === undefined ? {} : { trafficClass: dscp << 2 };
}

/** Why the packets of a target can't be marked here; undefined where they can, and where they need not be. */
export function markProblem(
  { dscp, protocol }: Target,
  { limited }: Pick<UdpEngine, 'limited'>,
): string | undefined {
  if (dscp === undefined) return undefined;
  const reason = isUdp(protocol) ? limited : markingProblem();
  return reason === undefined ? undefined : `packets can't be marked with dscp=${dscp} here: ${reason}`;
}
