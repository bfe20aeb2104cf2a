import { once } from 'node:events';
import { CounterBlock } from '@echo-daytime/worker';
import { expect, it } from 'vitest';
import { Supervisor } from '../src/supervisor.ts';

it('should send data to one worker, also right after its start or restart', async () => {
  const supervisor = new Supervisor(
    {
      entry: new URL('./fixtures/mirror-data-plane.ts', import.meta.url),
      workers: 2,
      config: {},
      declareCounters() {},
      connectionLimits: [],
      faults: {},
    },
    new CounterBlock(),
  );
  const received: [data: unknown, worker: number][] = [];
  supervisor.on('data', (data, worker) => received.push([data, worker]));
  supervisor.on('started', (worker) => supervisor.send(worker, `hello ${worker}`));
  const failures: string[] = [];
  supervisor.on('restart', ({ failure }) => failures.push(failure.message));

  supervisor.start();
  await once(supervisor, 'listening');
  supervisor.send(1, 'die');
  await once(supervisor, 'listening');
  supervisor.send(1, { last: true });
  while (received.length < 4) await once(supervisor, 'data');

  expect(failures).toEqual(['told to die']);
  expect(received.filter(([, worker]) => worker === 0)).toEqual([['hello 0', 0]]);
  expect(received.filter(([, worker]) => worker === 1)).toEqual([
    ['hello 1', 1],
    ['hello 1', 1],
    [{ last: true }, 1],
  ]);
  expect(await supervisor.drain(5_000)).toBe(0);
  // No worker runs any more.
  supervisor.send(0, 'anything');
});
