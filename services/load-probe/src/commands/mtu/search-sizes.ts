import type { SizeResult } from './try-size.ts';

/** A range of sizes that do not return although larger ones do, bytes; both ends belong to it. */
export interface SizeHole {
  readonly from: number;
  readonly to: number;
}

export interface SizeSearch {
  /** The largest size that returned. */
  readonly largestBytes: number;
  readonly hole?: SizeHole;
}

export interface SearchRange {
  /** A size that is known to return. */
  readonly minBytes: number;
  /** The largest size to try. */
  readonly maxBytes: number;
  /** The largest size that IP can carry. */
  readonly ipBytes: number;
  /** The largest size that leaves this host in one packet. */
  readonly packetBytes: number;
}

/** A try failed for another reason than its size, so the search can't go on. */
export class AttemptFailedError extends Error {
  override readonly name = 'AttemptFailedError';
  readonly result: SizeResult;

  constructor(result: SizeResult) {
    super(`${result.outcome} at ${result.bytes} bytes`);
    this.result = result;
  }
}

/**
 * Finds the largest size that returns. Whole packets and fragments are searched separately: a path may carry fragments
 * of any size and lose whole packets that are too large for it, or the other way round.
 *
 * @throws AttemptFailedError when the target is gone
 */
export async function searchSizes(
  { ipBytes, maxBytes, minBytes, packetBytes }: SearchRange,
  attempt: (bytes: number) => Promise<SizeResult>,
): Promise<SizeSearch> {
  const returns = async (bytes: number): Promise<boolean> => {
    const result = await attempt(bytes);
    if (result.outcome === 'refused' || result.outcome === 'unreachable')
      throw new AttemptFailedError(result);
    return result.outcome === 'returned';
  };
  /** @param returned a size known to return @param failing a size known not to return */
  const bisect = async (returned: number, failing: number): Promise<number> => {
    let low = returned;
    let high = failing;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await returns(middle)) low = middle;
      else high = middle;
    }
    return low;
  };

  if (await returns(maxBytes)) return withHole(maxBytes);
  const top = ipBytes < maxBytes && ipBytes > minBytes && (await returns(ipBytes)) ? ipBytes : undefined;
  if (top !== undefined) return withHole(await bisect(top, maxBytes));
  const failing = Math.min(maxBytes, ipBytes);

  const isSplit = packetBytes > minBytes && packetBytes < failing;
  if (!isSplit) return { largestBytes: await bisect(minBytes, failing) };
  const whole = (await returns(packetBytes)) ? packetBytes : await bisect(minBytes, packetBytes);
  const firstInFragments = packetBytes + 1;
  if (firstInFragments >= failing || !(await returns(firstInFragments))) return { largestBytes: whole };
  return withHole(await bisect(firstInFragments, failing), whole);

  async function withHole(largestBytes: number, known?: number): Promise<SizeSearch> {
    if (packetBytes <= minBytes || packetBytes >= largestBytes) return { largestBytes };
    const whole = known ?? ((await returns(packetBytes)) ? packetBytes : await bisect(minBytes, packetBytes));
    return whole === packetBytes
      ? { largestBytes }
      : { largestBytes, hole: { from: whole + 1, to: packetBytes } };
  }
}
