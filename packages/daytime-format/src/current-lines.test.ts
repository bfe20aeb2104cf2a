import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clock, CurrentLines, hostClock } from './current-lines.ts';
import { formatDaytime } from './format.ts';
import { formats } from './formats.ts';
import { openZone } from './zone.ts';

const SECOND_NS = 1_000_000_000n;
const START = 1_795_158_785n * SECOND_NS;

function clockOf(now: () => bigint): Clock {
  return { milliseconds: () => Number(now() / 1_000_000n), nanoseconds: now };
}

describe('CurrentLines', () => {
  it('should give the line that formatting afresh would, at any moment, in any order of formats', () => {
    const zone = openZone('Europe/Berlin');
    const step = fc.record({
      format: fc.constantFrom(...formats),
      wait: fc.bigInt({ min: -2n * SECOND_NS, max: 2n * SECOND_NS }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let now = START;
        const lines = new CurrentLines(
          zone,
          clockOf(() => now),
        );
        for (const { format, wait } of steps) {
          now += wait;
          expect(new TextDecoder().decode(lines.line(format))).toBe(formatDaytime(now, format, zone));
        }
      }),
    );
  });

  it.each(['timestamp', 'rfc867', 'smtp', 'ctime', 'nist'] as const)(
    'should work out a line of %s once in a second',
    (format) => {
      let now = START;
      const lines = new CurrentLines(
        openZone('UTC'),
        clockOf(() => now),
      );
      const line = lines.line(format);
      now += SECOND_NS - 1n;
      expect(lines.line(format)).toBe(line);
      now += 1n;
      expect(lines.line(format)).not.toEqual(line);
    },
  );
});

describe('hostClock', () => {
  it('should give the time of the host', () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const now = hostClock.nanoseconds();
    // Date.now cuts the milliseconds off that the finer clock shows.
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThan(BigInt(Date.now() + 1) * 1_000_000n);
  });
});
