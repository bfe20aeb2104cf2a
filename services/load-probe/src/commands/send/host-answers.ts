import type { IpAddress } from '@echo-daytime/addresses';
import { hasFailed } from '../../net/each-address.ts';
import { openTcp } from '../../net/open-tcp.ts';
import type { Clock } from '../../sampling/clock.ts';

/** tcpmux, which hardly a host serves and hardly a filter singles out: a host that is up says no at once. */
const SELDOM_USED_PORT = 1;
const PATIENCE_MS = 1_000;

/**
 * Whether a host answers at all, which one that swallows what goes to a single port does: a filter for that port
 * and a full accept queue look alike, but a host that is down or does not exist answers nowhere.
 *
 * @param silentPort the one that did not answer
 * @returns undefined when there is no other port to ask
 * @throws the signal's reason when aborted
 */
export async function hostAnswers(
  address: IpAddress,
  silentPort: number,
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean | undefined> {
  if (silentPort === SELDOM_USED_PORT) return undefined;
  const opened = await openTcp(address, SELDOM_USED_PORT, {
    ...options,
    deadlineMs: options.clock.now() + PATIENCE_MS,
  });
  if (hasFailed(opened)) return opened.failure.kind === 'refused';
  opened.socket.destroy();
  return true;
}
