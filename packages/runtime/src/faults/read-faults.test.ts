import { faultNames } from '@echo-daytime/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFaults, faultsOf, type ListenerProtocol, readFaults } from './read-faults.ts';

const protocols = ['tcp', 'udp'] as const satisfies readonly ListenerProtocol[];

function problemsOf(body: unknown, protocol: ListenerProtocol = 'tcp'): readonly string[] {
  const read = readFaults(body, protocol);
  if (!('problems' in read)) throw new Error(`${JSON.stringify(body)} was taken`);
  return read.problems;
}

describe('reading faults', () => {
  it('should take every fault, with the probability 1 where none is given', () => {
    const body = {
      ...{ delay: { duration: '1.5s' }, jitter: { duration: '20ms', probability: 0.5 }, loss: {} },
      ...{ duplicate: {}, corrupt: {}, truncate: {}, reset: {}, stall: {}, refuse: { probability: 0.25 } },
    };
    expect(readFaults(body, 'tcp')).toEqual({
      faults: {
        delay: { probability: 1, ms: 1_500 },
        jitter: { probability: 0.5, ms: 20 },
        ...Object.fromEntries(
          ['loss', 'duplicate', 'corrupt', 'truncate', 'reset', 'stall'].map((name) => [
            name,
            { probability: 1, ms: 0 },
          ]),
        ),
        refuse: { probability: 0.25, ms: 0 },
      },
    });
  });

  it('should read an empty object, and probability 0, as no faults', () => {
    expect(readFaults({}, 'udp')).toEqual({ faults: {} });
    expect(readFaults({ loss: { probability: 0 } }, 'udp')).toEqual({ faults: {} });
  });

  it.each<[body: unknown, ...problems: string[]]>([
    [undefined, expect.stringMatching(/^the body is empty; it must be an object of faults, such as \{/)],
    [null, expect.stringContaining('the body is null; it must be an object')],
    [[], expect.stringContaining('the body is []; it must be an object')],
    ['loss', expect.stringContaining('the body is "loss"; it must be an object')],
    [{ los: {} }, `"los" is not a fault; there are ${faultNames.join(', ')}`],
    [{ constructor: {} }, expect.stringContaining('"constructor" is not a fault')],
    [{ loss: 0.2 }, 'loss is 0.2; it must be an object such as {"probability":0.2}'],
    [{ delay: '50ms' }, 'delay is "50ms"; it must be an object such as {"duration":"50ms"}'],
    [{ loss: { probability: 1.5 } }, 'loss.probability is 1.5; it must be a number from 0 to 1, such as 0.2'],
    [{ loss: { probability: '20%' } }, expect.stringContaining('loss.probability is "20%"; it must be')],
    [{ loss: { probability: null } }, expect.stringContaining('loss.probability is null; it must be')],
    [{ loss: { p: 1 } }, 'loss has no "p"; it has probability'],
    [{ reset: { duration: '1s' } }, 'reset has no "duration"; it has probability'],
    [{ delay: {} }, 'delay.duration is missing; it must be a duration from "1ms" to "60s", such as "50ms"'],
    [{ delay: { duration: 50 } }, expect.stringContaining('delay.duration is 50; it must be a duration')],
    [{ delay: { duration: '0s' } }, expect.stringContaining('delay.duration is "0s"; it must be')],
    [{ delay: { duration: '61s' } }, expect.stringContaining('delay.duration is "61s"; it must be')],
    [{ jitter: { duration: '5 s' } }, expect.stringContaining('jitter.duration is "5 s"; it must be')],
  ])('should say what is wrong with %j', (body, ...problems) => {
    expect(problemsOf(body)).toEqual(problems);
  });

  it('should name every problem at once', () => {
    const body = { los: {}, loss: { probability: 2, p: 1 }, delay: { duration: 'x' }, jitter: 3 };
    expect(problemsOf(body)).toHaveLength(5);
  });

  it('should say what to use over UDP in place of a fault that datagrams cannot have', () => {
    expect(problemsOf({ reset: {}, stall: {}, refuse: {} }, 'udp')).toEqual([
      expect.stringMatching(/^reset is not a fault of UDP: .*; use loss$/),
      expect.stringMatching(/^stall is not a fault of UDP: .*; use loss with probability 1$/),
      expect.stringMatching(/^refuse is not a fault of UDP: .*; use loss with probability 1$/),
    ]);
    expect(problemsOf({ los: {} }, 'udp')).toEqual([expect.not.stringContaining('reset')]);
  });

  it('should shorten a value that is too long to be shown', () => {
    const [problem = ''] = problemsOf({ ['x'.repeat(10_000)]: {} });
    expect(problem.length).toBeLessThan(300);
  });

  it('should never throw, and accept only faults that can be injected', () => {
    const almost = fc.dictionary(
      fc.constantFrom<string>(...faultNames, 'los'),
      fc.record(
        {
          duration: fc.oneof(fc.constant('5ms'), fc.anything()),
          probability: fc.oneof(fc.float(), fc.anything()),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), fc.constantFrom(...protocols), (body, protocol) => {
        const read = readFaults(body, protocol);
        if ('problems' in read) {
          expect(read.problems.length).toBeGreaterThan(0);
          return;
        }
        for (const [name, { probability, ms }] of Object.entries(read.faults)) {
          expect(faultsOf(protocol)).toContain(name);
          expect(probability).toBeGreaterThan(0);
          expect(probability).toBeLessThanOrEqual(1);
          expect(ms > 0).toBe(name === 'delay' || name === 'jitter');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('should read back what it describes', () => {
    const probability = fc.double({ min: 1e-9, max: 1, noNaN: true });
    const ms = fc.integer({ min: 1, max: 60_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...protocols),
        fc.infiniteStream(fc.tuple(probability, ms)),
        (protocol, numbers) => {
          const faults = Object.fromEntries(
            faultsOf(protocol).map((name) => {
              const [chance, wait] = numbers.next().value;
              return [name, { probability: chance, ms: name === 'delay' || name === 'jitter' ? wait : 0 }];
            }),
          );
          const text = JSON.stringify(describeFaults(faults));
          expect(readFaults(JSON.parse(text), protocol)).toEqual({ faults });
        },
      ),
    );
  });
});
