import { describe, expect, it } from 'vitest';
import type { MtuOptions } from './options.ts';
import { hasHeld, textReport } from './report.ts';
import type { MtuSearch } from './run.ts';

const options = { url: 'echo+udp://192.0.2.7:7', host: '192.0.2.7', port: 7, maxBytes: 65_535 } as const;

function given(minBytes?: number): MtuOptions {
  return { ...options, tries: 3, timeoutMs: 1_000, minBytes };
}

/** A search that was stopped after these sizes had returned; one packet of the interface holds 1472 bytes. */
function stopped(returned: readonly number[], { isMtuKnown = true } = {}): MtuSearch {
  return {
    remote: '192.0.2.7:7',
    family: 4,
    ...(isMtuKnown && { leaving: { name: 'eth0', mtu: 1_500 } }),
    sizes: [
      ...returned.map((bytes) => ({ bytes, outcome: 'returned' as const, tries: 1 })),
      { bytes: 65_535, outcome: 'never_sent', tries: 1, words: 'EMSGSIZE' },
    ],
    result: { name: 'interrupted', largestBytes: Math.max(0, ...returned) },
  };
}

describe('the gate of a search that was stopped', () => {
  it.each([
    // Nothing returned, not even the smallest.
    [[], [], [24]],
    // Fragments return, but there may be a hole below them.
    [[24, 65_507], [24], [25, 1_472, 1_473, 65_507]],
    [
      [24, 65_507, 748],
      [24, 748],
      [749, 1_472, 65_507],
    ],
    // The largest whole packet returns, so there is no hole.
    [[24, 1_472], [748, 1_472], [1_473]],
    [[24, 1_472, 1_473, 30_000], [1_472, 1_473, 30_000], [30_001]],
  ])('should hold only up to the size that surely returns: of %j', (returned, held, broken) => {
    const search = stopped(returned);
    expect(held.filter((minBytes) => hasHeld(given(minBytes), search))).toEqual(held);
    expect(broken.filter((minBytes) => hasHeld(given(minBytes), search))).toEqual([]);
  });

  it('should not hold above the smallest size where the MTU is unknown: there may be a hole', () => {
    const search = stopped([24, 30_000], { isMtuKnown: false });
    expect([24, 25, 30_000].map((minBytes) => hasHeld(given(minBytes), search))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('should not have succeeded without --min: there is no result', () => {
    expect(hasHeld(given(), stopped([24, 1_472]))).toBe(false);
  });
});

describe('the words of a search that was stopped', () => {
  it('should say how far whole packets are known to return', () => {
    expect(textReport(given(), stopped([24, 748]))).toBe('stopped; datagrams of 748 bytes return\n');
    expect(textReport(given(), stopped([24, 1_472, 1_473]))).toBe(
      'stopped; datagrams of 1473 bytes return\n',
    );
    expect(textReport(given(), stopped([24, 65_507]))).toBe(
      'stopped; datagrams of 65507 bytes return in fragments; whole packets are known to return up to 24 bytes only\n',
    );
  });
});
