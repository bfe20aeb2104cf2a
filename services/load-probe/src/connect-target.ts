import { type Dialled, dialTcp } from './dial-tcp.ts';
import { resolveTarget } from './resolve.ts';
import type { Attempt, PhaseTimes } from './sample.ts';

/**
 * Looks up and dials a TCP target.
 *
 * @param phases is told what both took
 * @throws the signal's reason when aborted
 */
export async function connectTarget(attempt: Attempt, phases: PhaseTimes): Promise<Dialled> {
  const resolved = await resolveTarget(attempt);
  if ('verdict' in resolved) return resolved;
  if (resolved.dnsMs !== undefined) phases.dns = resolved.dnsMs;

  const { clock } = attempt;
  const dialStart = clock.now();
  const dialled = await dialTcp(attempt, resolved.addresses);
  if (dialled.socket) phases.connect = clock.now() - dialStart;
  return dialled;
}
