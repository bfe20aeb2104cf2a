import { headerBytes } from './interface-mtu.ts';
import { AttemptFailedError } from './search-sizes.ts';
import type { SizeResult } from './try-size.ts';

/** The largest packet that goes there and back undivided, and who says that larger ones do not. */
export interface PathMtu {
  /** Bytes of an IP packet. */
  readonly bytes: number;
  /** The router that reported it; undefined where none did, or nothing on the way is smaller than the first link. */
  readonly reporter?: string | undefined;
  /** Nothing on the way is smaller: packets as large as leave this host return. */
  readonly isOfInterface: boolean;
}

export interface PathMtuRange {
  readonly family: 4 | 6;
  /** Known to return. */
  readonly minBytes: number;
  /** The largest that leaves this host undivided. */
  readonly packetBytes: number;
  /** A size that is likely to be the largest, from what is known already. */
  readonly guessBytes?: number | undefined;
}

/**
 * Finds the path MTU by packets that no router may divide: at once where the routers report it (RFC 1191, RFC 8201), by
 * halves where they do not (RFC 8899).
 *
 * @param attempt sends with don't-fragment
 * @throws AttemptFailedError when the target is gone
 */
export async function findPathMtu(
  { family, guessBytes, minBytes, packetBytes }: PathMtuRange,
  attempt: (bytes: number) => Promise<SizeResult>,
): Promise<PathMtu> {
  let returned = minBytes;
  let failing = packetBytes + 1;
  let reporter: string | undefined;
  /** The next size to try. */
  let next: number | undefined = packetBytes;
  while (failing - returned > 1) {
    const bytes = next !== undefined && next > returned && next < failing ? next : (returned + failing) >> 1;
    next = undefined;
    const result = await attempt(bytes);
    if (result.outcome === 'returned') {
      returned = bytes;
      continue;
    }
    if (result.outcome === 'refused' || result.outcome === 'unreachable')
      throw new AttemptFailedError(result);
    failing = bytes;
    reporter = result.reporter;
    next = failing === packetBytes ? guessBytes : undefined;
    const reportedBytes = (result.linkMtu ?? 0) - headerBytes(family);
    if (reportedBytes >= returned && reportedBytes < failing) {
      // What is larger than the router says, it does not carry.
      failing = reportedBytes + 1;
      next = reportedBytes;
    }
  }
  return { bytes: returned + headerBytes(family), reporter, isOfInterface: returned === packetBytes };
}
