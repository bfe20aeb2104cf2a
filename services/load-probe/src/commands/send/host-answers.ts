import type { IpAddress } from '@echo-daytime/addresses';
import { dialTcp } from '../../net/dial-tcp.ts';
import { hasFailed } from '../../net/each-address.ts';
import type { Clock } from '../../sampling/clock.ts';

/** tcpmux, which hardly a host serves and hardly a filter singles out: a host that is up says no at once. */
const SELDOM_USED_PORT = 1;
const REPLY_TIMEOUT_MS = 1_000;

/**
 * Whether a host answers at all. A filter for a single port and a full accept queue look alike, but the host answers on
 * another port. A host that is down or does not exist answers nowhere.
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
  const opened = await dialTcp(address, SELDOM_USED_PORT, {
    ...options,
    deadlineMs: options.clock.now() + REPLY_TIMEOUT_MS,
  });
  if (hasFailed(opened)) return opened.failure.kind === 'refused';
  opened.socket.destroy();
  return true;
}
