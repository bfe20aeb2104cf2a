import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionTable } from './session-table.ts';

const flowOf = (port: number): Int32Array => new Int32Array(11).fill(port, 3, 4);

describe('the table of sessions', () => {
  it('should count as a map of the sessions used within the timeout does, that takes no more than it holds', () => {
    const request = fc.record({ port: fc.nat(6), sessionId: fc.nat(1), after: fc.nat(40) });
    const run = fc.record({
      capacity: fc.integer({ min: 1, max: 9 }),
      requests: fc.array(request, { maxLength: 200 }),
    });
    fc.assert(
      fc.property(run, ({ capacity, requests }) => {
        const table = new SessionTable(capacity, 100);
        const expected = new Map<string, { sequence: number; usedAt: number }>();
        let now = 0;
        for (const { port, sessionId, after } of requests) {
          now += after;
          // The table forgets two at a time; here that is all, because more never end at once between two requests.
          for (let turn = 0; turn < 2; turn += 1) {
            const [oldest] = expected;
            if (oldest && now - oldest[1].usedAt >= 100) expected.delete(oldest[0]);
          }
          const key = `${port} ${sessionId}`;
          const known = expected.get(key) ?? (expected.size < capacity ? { sequence: 0 } : undefined);
          const index = table.find(flowOf(port), sessionId, now);
          expect(index >= 0 ? table.sequences[index]! : undefined).toBe(known?.sequence);
          if (index >= 0 && known) {
            table.sequences[index]! += 1;
            expected.delete(key);
            expected.set(key, { sequence: known.sequence + 1, usedAt: now });
          }
          expect(table.size).toBe(expected.size);
        }
      }),
    );
  });

  it('should forget nothing where the timeout is 0', () => {
    const table = new SessionTable(1, 0);
    const index = table.find(flowOf(1), 0, 0);
    expect(table.find(flowOf(2), 0, 1e12)).toBe(-1);
    expect(table.find(flowOf(1), 0, 1e12)).toBe(index);
  });
});
