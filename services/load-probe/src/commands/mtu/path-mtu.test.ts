import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findPathMtu } from './path-mtu.ts';
import type { SizeResult } from './try-size.ts';

const range = { family: 4, minBytes: 24, packetBytes: 1_472 } as const;
const HEADERS = 28;
const sizes = fc.integer({ min: 24, max: 1_472 });

/** Links one behind the other: what each carries, and the router before it where it says so. */
interface Link {
  readonly bytes: number;
  readonly reporter?: string | undefined;
  /** Of what it says: 0 as old routers do, or nonsense. */
  readonly linkMtu?: number | undefined;
}

function path(links: readonly Link[]) {
  const tried: number[] = [];
  const attempt = async (bytes: number): Promise<SizeResult> => {
    tried.push(bytes);
    const narrow = links.find((link) => link.bytes < bytes);
    if (!narrow) return { bytes, outcome: 'returned', tries: 1 };
    const { reporter, linkMtu = narrow.bytes + HEADERS } = narrow;
    return reporter === undefined
      ? { bytes, outcome: 'lost', tries: 3 }
      : { bytes, outcome: 'too_large', tries: 1, reporter, linkMtu };
  };
  return { attempt, tried };
}

it('should find the narrowest of links that report, each with one packet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 4 }), async (limits) => {
      const links = limits.map((bytes, index) => ({ bytes, reporter: `router ${index}` }));
      const { attempt, tried } = path(links);
      const found = await findPathMtu(range, attempt);
      const narrowest = Math.min(...limits);
      expect(found.bytes).toBe(narrowest + HEADERS);
      expect(found.isOfInterface).toBe(narrowest === range.packetBytes);
      const reporter = narrowest === range.packetBytes ? undefined : `router ${limits.indexOf(narrowest)}`;
      expect(found.reporter).toBe(reporter);
      expect(tried.length).toBeLessThanOrEqual(links.length + 1);
    }),
  );
});

it('should find by bisection a link that no router reports, and name no router', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 24, max: 1_471 }), fc.option(sizes), async (bytes, guess) => {
      const { attempt, tried } = path([{ bytes: 1_472, reporter: 'router' }, { bytes }]);
      const found = await findPathMtu({ ...range, guessBytes: guess ?? undefined }, attempt);
      expect(found).toEqual({ bytes: bytes + HEADERS, reporter: undefined, isOfInterface: false });
      expect(tried.length).toBeLessThan(15);
    }),
  );
});

it('should need three packets where the guess is right', async () => {
  const { attempt, tried } = path([{ bytes: 1_372 }]);
  await findPathMtu({ ...range, guessBytes: 1_372 }, attempt);
  expect(tried.slice(0, 2)).toEqual([1_472, 1_372]);
});

it('should not take the word of a router that names no MTU, or one that is wrong', async () => {
  for (const linkMtu of [0, 1, 9_000]) {
    const { attempt } = path([{ bytes: 1_000, reporter: 'router', linkMtu }]);
    expect((await findPathMtu(range, attempt)).bytes, String(linkMtu)).toBe(1_028);
  }
});
