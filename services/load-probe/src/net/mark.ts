import { markingProblem } from '@echo-daytime/linux';
import { isUdp } from '../targets/protocol.ts';
import { type Target, tellsMark } from '../targets/target.ts';
import type { UdpEngine, UdpOptions } from './udp-socket.ts';

/** The options that mark the packets of a target, and read the marks of replies; none where it has no `dscp`. */
export function markOf(
  target: Pick<Target, 'dscp' | 'protocol'>,
): Pick<UdpOptions, 'trafficClass' | 'receiveHeader'> {
  const { dscp } = target;
  // The DSCP is the upper six bits of the byte, ECN the others.
  return dscp === undefined ? {} : { trafficClass: dscp << 2, receiveHeader: tellsMark(target) };
}

/** Why the packets of a target can't be marked here; undefined where they can, and where they need not be. */
export function markProblem(
  { dscp, protocol }: Pick<Target, 'dscp' | 'protocol'>,
  { limited }: Pick<UdpEngine, 'limited'>,
): string | undefined {
  if (dscp === undefined) return undefined;
  const reason = isUdp(protocol) ? limited : markingProblem();
  return reason === undefined ? undefined : `packets can't be marked with dscp=${dscp} here: ${reason}`;
}
