import type { IpAddress } from '@echo-daytime/addresses';
import { dialTcp } from '../../net/dial-tcp.ts';
import { hasFailed } from '../../net/each-address.ts';
import type { Clock } from '../../sampling/clock.ts';

/** tcpmux: few hosts serve it and few filters drop it, so a host that is up refuses it at once. */
const SELDOM_USED_PORT = 1;
const REPLY_TIMEOUT_MS = 1_000;

/**
 * Whether a host answers on another port. It does where a filter drops one port or an accept queue is full. A host that
 * is down or does not exist answers on no port.
 *
 * @param silentPort the port that did not answer
 * @returns undefined when there is no other port to try
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
