import type { IpAddress } from '@echo-daytime/addresses';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { systemClock } from '../sampling/clock.ts';
import {
  type AddressAttempt,
  alternateFamilies,
  eachAddress,
  type Failed,
  failedDetail,
} from './each-address.ts';
import { flowFailure } from './failure.ts';

const ONE: IpAddress = { address: '192.0.2.1', family: 4 };
const TWO: IpAddress = { address: '192.0.2.2', family: 4 };
const SIX: IpAddress = { address: '2001:db8::6', family: 6 };

interface Opened {
  readonly name: string;
}

/** Attempts that behave as given for each address; an address that is not listed is silent until it is aborted. */
function attemptsOf(behaviour: Readonly<Record<string, () => Promise<Opened | Failed>>>) {
  const begun: string[] = [];
  const aborted: string[] = [];
  const discarded: string[] = [];
  const way: AddressAttempt<Opened> = {
    port: 7,
    open({ address }, signal) {
      begun.push(address);
      const silent = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(address);
          reject(signal.reason);
        });
      });
      silent.catch(() => {});
      return behaviour[address]?.() ?? silent;
    },
    discard: ({ name }) => void discarded.push(name),
    silence: (remote) => ({ detail: `${remote} is silent` }),
  };
  return { begun, aborted, discarded, way };
}

const works = (name: string) => async (): Promise<Opened> => ({ name });
const refuses = (detail: string) => async (): Promise<Failed> => ({
  failure: flowFailure('refused', detail),
});

function limits(timeoutMs: number, more: { signal?: AbortSignal; isFirstKnown?: boolean } = {}) {
  const signal = new AbortController().signal;
  return { clock: systemClock, deadlineMs: systemClock.now() + timeoutMs, signal, ...more };
}

const LONG_MS = 600_000;

afterEach(() => void vi.useRealTimers());

describe('addresses', () => {
  it('should be tried one after the other as they fail, with no delay', async () => {
    const { begun, way } = attemptsOf({ [ONE.address]: refuses('no'), [SIX.address]: works('six') });
    const { opened, failed } = await eachAddress([ONE, TWO, SIX], way, limits(LONG_MS));
    expect(opened).toEqual({ name: 'six' });
    // The families by turns.
    expect(begun).toEqual([ONE.address, SIX.address]);
    expect(failed).toEqual([{ address: ONE, failure: flowFailure('refused', 'no') }]);
  });

  it('should be tried in parallel once the first is silent for 250 ms, which is reported then', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { aborted, begun, way } = attemptsOf({ [TWO.address]: works('two') });
    const opening = eachAddress([ONE, TWO], way, limits(LONG_MS));
    for (const [ms, tried] of [
      [249, 1],
      [1, 2],
    ] as const) {
      vi.advanceTimersByTime(ms);
      await new Promise(setImmediate);
      expect(begun).toHaveLength(tried);
    }
    const { opened, failed = [] } = await opening;
    expect(opened).toEqual({ name: 'two' });
    expect(begun).toEqual([ONE.address, TWO.address]);
    expect(aborted).toEqual([ONE.address]);
    expect(failed).toEqual([{ address: ONE, failure: { detail: '192.0.2.1:7 is silent' } }]);
    expect(failedDetail(failed)).toBe('an address failed while another worked: 192.0.2.1:7 is silent');
  });

  it('should all be tried before a deadline that is near', async () => {
    const many = Array.from(
      { length: 50 },
      (_, index): IpAddress => ({ address: `192.0.2.${index}`, family: 4 }),
    );
    const { begun, way } = attemptsOf({ '192.0.2.49': works('last') });
    expect((await eachAddress(many, way, limits(500))).opened).toEqual({ name: 'last' });
    expect(begun).toHaveLength(50);
  });

  it('should still use the first when it works after the second was begun', async () => {
    const { promise, resolve } = Promise.withResolvers<Opened>();
    const { aborted, way } = attemptsOf({
      [ONE.address]: () => promise,
      [TWO.address]: async () => {
        resolve({ name: 'one' });
        return new Promise<never>(() => {});
      },
    });
    const { opened, failed } = await eachAddress([ONE, TWO], way, limits(40));
    expect(opened).toEqual({ name: 'one' });
    expect(failed).toEqual([]);
    expect(aborted).toEqual([TWO.address]);
  });

  it('should close the slower of two that work', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { discarded, way } = attemptsOf({
      [ONE.address]: () => promise.then(works('one')),
      [TWO.address]: async () => {
        resolve();
        return { name: 'two' };
      },
    });
    const { opened } = await eachAddress([ONE, TWO], way, limits(40));
    await new Promise(setImmediate);
    expect([opened?.name, ...discarded].sort()).toEqual(['one', 'two']);
  });

  it('should fail as the first did, with the details of all', async () => {
    const late = async (): Promise<Failed> => {
      await new Promise(setImmediate);
      return { failure: flowFailure('unreachable', 'one') };
    };
    const { way } = attemptsOf({ [ONE.address]: late, [TWO.address]: refuses('two') });
    const failure = flowFailure('unreachable', 'one; two');
    expect(await eachAddress([ONE, TWO], way, limits(LONG_MS))).toEqual({ failure });
  });

  it('should leave the first alone where it is known to work, until it fails', async () => {
    vi.useFakeTimers();
    const { promise, resolve } = Promise.withResolvers<Failed>();
    const { begun, way } = attemptsOf({ [ONE.address]: () => promise, [TWO.address]: works('two') });
    const result = eachAddress([ONE, TWO], way, limits(2_000, { isFirstKnown: true }));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(begun).toEqual([ONE.address]);
    // Past the deadline no other is begun either.
    resolve({ failure: flowFailure('lost', 'one') });
    expect(await result).toEqual({ failure: flowFailure('lost', 'one') });
  });

  it('should all be aborted by the signal', async () => {
    const stopping = new AbortController();
    const { aborted, begun, way } = attemptsOf({});
    const result = eachAddress([ONE, TWO], way, limits(40, { signal: stopping.signal }));
    await eventually(() => expect(begun).toHaveLength(2));
    stopping.abort(new Error('stopped'));
    await expect(result).rejects.toThrow('stopped');
    expect(aborted).toEqual([ONE.address, TWO.address]);
  });
});

it('should alternate the families, each in its own order, from the family of the first address', () => {
  const v6 = (n: number): IpAddress => ({ address: `2001:db8::${n}`, family: 6 });
  const v4 = (n: number): IpAddress => ({ address: `192.0.2.${n}`, family: 4 });
  expect(alternateFamilies([v6(1), v6(2), v6(3), v4(1), v4(2)])).toEqual([v6(1), v4(1), v6(2), v4(2), v6(3)]);
  expect(alternateFamilies([v4(1), v6(1), v6(2), v6(3)])).toEqual([v4(1), v6(1), v6(2), v6(3)]);
  expect(alternateFamilies([])).toEqual([]);
});
