import { isUdp } from '../../targets/protocol.ts';
import type { Target } from '../../targets/target.ts';
import type { Sample } from '../sampler.ts';

/** `something`: at least a byte of an answer. `unclear`: what the sample came to does not tell. */
export type Passed = 'nothing' | 'something' | 'unclear';

/** What got through of a sample of a target that must be blocked, whatever its control did. */
export function whatPassed({ outcome, phases }: Sample, { flow, protocol }: Target): Passed {
  switch (outcome) {
    case 'ok':
    case 'late':
    case 'corrupt':
    case 'truncated':
    case 'malformed':
      return 'something';
    case 'dns':
    case 'prober_late':
      return 'unclear';
    case 'read_timeout':
    case 'write_timeout':
      if (phases.first_byte !== undefined) return 'something';
      // Something took the new connection: a service that hangs, or a proxy on the way. An old flow is cut in silence.
      return flow === 'sticky' || isUdp(protocol) ? 'nothing' : 'unclear';
    default:
      return phases.first_byte === undefined ? 'nothing' : 'something';
  }
}
