import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LossDirection, LossDirections } from './loss-direction.ts';

/** How one request fares on a path, and its reflector. */
interface Passage {
  readonly isReceived: boolean;
  /** How many later requests may overtake it. */
  readonly delay: number;
  /** Another copy of the request, with its delay. */
  readonly copy: number | undefined;
  /** Whether the reply is received. */
  readonly isAnswered: boolean;
  /** How often it is received. */
  readonly replies: number;
  /** How long the reply takes, in intervals. */
  readonly way: number;
  /** Whether the reflector forgets its sessions before it. */
  readonly restarts: boolean;
}

const LOST_AFTER = 12;

interface Losses {
  readonly forward: number;
  readonly return: number;
}

/** The directions that were found, and those that there were. */
function run(passages: readonly Passage[], window: number): { found: Losses; true: Losses } {
  const found = { forward: 0, return: 0 };
  const directions = new LossDirections({
    window,
    found(direction: LossDirection) {
      found[direction] += 1;
    },
  });
  const copies = passages.flatMap(({ copy, delay, isReceived }, request) => {
    const delays = copy === undefined ? [delay] : [delay, copy];
    return isReceived ? delays.map((each) => ({ request, at: request + (each % window) })) : [];
  });
  let slot = 0;
  const replies = copies
    .toSorted((one, other) => one.at - other.at || one.request - other.request)
    .flatMap(({ at, request }) => {
      const { copy, isAnswered, replies: times, restarts, way } = passages[request]!;
      if (restarts) slot = 0;
      const reply = { request, slot: slot++, at: at + (copy === undefined ? way : 0) };
      return isAnswered || copy !== undefined ? Array.from({ length: times }, () => reply) : [];
    });
  const answered = new Map(replies.map(({ request }) => [request, false]));
  const lost = passages.flatMap((_, request) =>
    answered.has(request) ? [] : [{ request, slot: -1, at: request + LOST_AFTER }],
  );
  for (const event of [...replies, ...lost].toSorted((one, other) => one.at - other.at)) {
    if (event.slot >= 0) directions.replied(event.request, event.slot);
    if (answered.get(event.request)) continue;
    answered.set(event.request, true);
    directions.settled(event.request, event.slot >= 0 ? 'answered' : 'lost');
  }
  const forward = lost.filter(({ request }) => !passages[request]!.isReceived).length;
  return { found, true: { forward, return: lost.length - forward } };
}

const likely = fc.nat(3).map((value) => value > 0);
const passage = fc.record({
  isReceived: likely,
  delay: fc.nat(3),
  copy: fc.option(fc.nat(3), { nil: undefined, freq: 8 }),
  isAnswered: likely,
  replies: fc.integer({ min: 1, max: 2 }),
  way: fc.nat(6),
  restarts: fc.nat(15).map((value) => value === 0),
});
const clean = {
  isReceived: true,
  delay: 0,
  copy: undefined,
  isAnswered: true,
  replies: 1,
  way: 0,
  restarts: false,
};
const windows = fc.integer({ min: 1, max: 4 });

describe('directions of losses', () => {
  it('should never be wrong, whatever the path duplicates and reorders and how often the reflector restarts', () => {
    fc.assert(
      fc.property(fc.array(passage, { maxLength: 60 }), windows, (passages, window) => {
        const { found, true: real } = run(passages, window);
        expect(found.forward).toBeLessThanOrEqual(real.forward);
        expect(found.return).toBeLessThanOrEqual(real.return);
      }),
      { numRuns: 1_000 },
    );
  });

  it('should be exact where nothing restarts, no request is duplicated, and replies came before and after', () => {
    const lossy = fc.array(
      passage.map((each) => ({ ...each, copy: undefined, restarts: false })),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(lossy, windows, (passages, window) => {
        const ends = Array.from({ length: 80 }, () => clean);
        const { found, true: real } = run([...ends, ...passages, ...ends], window);
        expect(found).toEqual(real);
      }),
    );
  });

  it('should be found again behind what has none, however little lies between two losses', () => {
    const lossy = Array.from({ length: 400 }, (_, request) => ({
      ...clean,
      isReceived: request % 10 !== 3,
      isAnswered: request % 10 !== 6,
    }));
    const window = 21;
    const { found, true: real } = run(lossy, window);
    // Without a direction: those of a few windows at the beginning, and behind the last replies.
    for (const direction of ['forward', 'return'] as const) {
      expect(found[direction]).toBeGreaterThan(real[direction] - window);
      expect(found[direction]).toBeLessThanOrEqual(real[direction]);
    }
  });

  const settledOf = (ends: readonly ('lost' | 'absent' | 'unknown' | number)[]): LossDirection[] => {
    const found: LossDirection[] = [];
    const directions = new LossDirections({ window: 1, found: (direction) => found.push(direction) });
    for (const [request, end] of ends.entries()) {
      if (typeof end === 'number') directions.replied(request, end);
      directions.settled(request, typeof end === 'number' ? 'answered' : end);
    }
    return found;
  };

  it.each([
    ['forward', [0, 1, 2, 'lost', 3], ['forward']],
    ['return', [0, 1, 2, 'lost', 4], ['return']],
    ['both in one gap', [0, 1, 2, 'lost', 'lost', 4], ['return', 'forward']],
    ['no later reply', [0, 1, 2, 'lost'], []],
    ['a restart', [0, 1, 2, 'lost', 0, 1], []],
    ['a restart that would have come so far', [0, 'lost', 1], []],
    ['a loss after a restart', [0, 1, 2, 0, 1, 'lost', 2], ['forward']],
    ['another reflector', [0, 1, 2, 'lost', 90, 91], []],
    ['a request that was refused on its way', [0, 1, 2, 'absent', 'lost', 3], ['forward']],
    ['a sample that proves nothing', [0, 1, 2, 'unknown', 'lost', 4, 5, 'lost', 6], ['forward']],
  ] as const)('should be told or not: %s', (_, ends, found) => {
    expect(settledOf(ends)).toEqual(found);
  });
});
