import fc from 'fast-check';
import { expect, it } from 'vitest';
import { targetOf, testUdp } from '../../../test/take-samples.ts';
import { systemClock } from '../clock.ts';
import type { Exchange } from './exchange.ts';
import { Exchanges } from './exchanges.ts';

const attempt = {
  ...{ target: targetOf('echo+udp://192.0.2.7:7'), run: 0, startMs: 0, deadlineMs: 0 },
  ...{ clock: systemClock, udp: testUdp.engine, signal: new AbortController().signal },
};

function exchangeOf(sequence: number): Exchange {
  return {
    ...{ attempt: { ...attempt, sequence }, phases: {}, settle() {}, abort() {}, request: Buffer.alloc(0) },
    ...{ state: 'waiting', sent: true, sentMs: 0, sentAt: 0, retransmitsBefore: 0, datagram: undefined },
    ...{ endedMs: 0, gapsMs: 0, unendedBytes: 0, refusal: undefined, cancelDeadline() {} },
  };
}

it('should remember which of the last samples have their reply, as a set does, also where the numbers begin again', () => {
  const step = fc.record({ skipped: fc.nat(12), answers: fc.boolean() });
  const runs = fc.record({
    remembered: fc.integer({ min: 1, max: 9 }),
    first: fc.constantFrom(0, 7, 2 ** 31, 2 ** 32 - 5),
    steps: fc.array(step, { maxLength: 60 }),
  });
  fc.assert(
    fc.property(runs, ({ remembered, first, steps }) => {
      const exchanges = new Exchanges(remembered);
      const answered = new Set<number>();
      let sequence = first;
      for (const { answers, skipped } of steps) {
        const exchange = exchangeOf(sequence);
        exchanges.add(exchange);
        expect(exchanges.get(sequence >>> 0)).toBe(exchange);
        expect(exchanges.isAnswered(sequence >>> 0)).toBe(false);
        if (answers) {
          exchanges.answered(exchange);
          answered.add(sequence);
        } else {
          exchanges.delete(exchange);
        }
        for (let back = 0; back < remembered; back += 1) {
          expect(exchanges.isAnswered((sequence - back) >>> 0)).toBe(answered.has(sequence - back));
        }
        expect(exchanges.isAnswered((sequence + 1) >>> 0)).toBe(false);
        expect(exchanges.size).toBe(0);
        sequence += 1 + skipped;
      }
    }),
  );
});
