import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { type ThreadTime, threadTime } from '../src/thread-time.ts';

/** Posts its start, then does this for ever. */
async function startThread(name: string, body: string): Promise<Worker> {
  const code = `require('node:worker_threads').parentPort.postMessage('started'); ${body}`;
  const worker = new Worker(code, { eval: true, name });
  await once(worker, 'message');
  return worker;
}

it('should tell a thread that runs from a thread that sleeps, and how long they have run', async () => {
  const busy = await startThread('busy-for-a-long-time', 'for (;;);');
  const asleep = await startThread('asleep', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);');
  try {
    const before = threadTime('busy-for-a-long-time')!;
    await eventually(() => {
      const { isRunnable, ranS } = threadTime('busy-for-a-long-time')!;
      expect(isRunnable).toBe(true);
      expect(ranS).toBeGreaterThan(before.ranS + 0.1);
    });
    let last: ThreadTime | undefined;
    await eventually(() => {
      const earlier = last;
      last = threadTime('asleep');
      expect(last).toEqual(earlier);
      expect(last?.isRunnable).toBe(false);
    });
  } finally {
    await Promise.all([busy.terminate(), asleep.terminate()]);
  }
  expect(threadTime('asleep')).toBeUndefined();
});
