import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { openUdpEngine } from '../src/net/udp-engine.ts';
import { type Taken, type TakenSample, takeSamplesOnce, testUdp } from './take-samples.ts';

/** Maximum step of the clock, after which the sockets must be idle again. */
const STEP_MS = 5;
/** More turns of the event loop than a pending exchange needs; both its ends are in this thread. */
const TURNS = 10;
const NS_PER_MS = 1_000_000n;

/** The real timer, while the global one is replaced. */
const delay = promisify(setTimeout);

/**
 * Takes samples on a test clock, which also drives the timers of peers in this thread. The clock is never ahead of the
 * real one, and stands still until the sockets are idle, so that no sample is late on a busy machine.
 */
export async function takeSamples(url: string, count: number): Promise<Taken> {
  vi.useFakeTimers({
    toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance', 'Date', 'Temporal'],
  });
  try {
    const taking = takeSamplesOnce(url, count);
    const isOver = taking.then(
      () => true,
      () => true,
    );
    for (let sinceMs = nowMs(); ; ) {
      if (await Promise.race([isOver, rest()])) return await taking;
      const untilMs = nowMs();
      vi.advanceTimersByTime(Math.min(STEP_MS, untilMs - sinceMs));
      sinceMs = untilMs;
    }
  } finally {
    vi.useRealTimers();
  }
}

export async function takeSample(url: string): Promise<TakenSample> {
  const { samples } = await takeSamples(url, 1);
  return samples[0]!;
}

async function rest(): Promise<false> {
  await delay(STEP_MS - 1);
  for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
  return false;
}

function nowMs(): number {
  return Number(process.hrtime.bigint() / NS_PER_MS);
}

/** Runs the same tests with each engine. */
export function describeUdpEngines(name: string, tests: (engine: 'batch' | 'dgram') => void): void {
  const engines = process.platform === 'linux' ? (['batch', 'dgram'] as const) : (['dgram'] as const);
  describe.each(engines)(`${name}, UDP_ENGINE=%s`, (choice) => {
    const { engine } = testUdp;
    beforeAll(async () => {
      testUdp.engine = await openUdpEngine(choice);
    });
    afterAll(() => {
      testUdp.engine = engine;
    });
    tests(choice);
  });
}
