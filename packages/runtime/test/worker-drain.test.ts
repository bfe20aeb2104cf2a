import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CounterBlock } from '@echo-daytime/worker';
import { expect, it } from 'vitest';
import { Supervisor } from '../src/supervisor.ts';

it('should count a worker as drained once it reports closed, although its thread has not ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'runtime-drain-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const supervisor = new Supervisor(
    {
      entry: new URL('./fixtures/blocked-data-plane.ts', import.meta.url),
      workers: 1,
      config: {},
      declareCounters() {},
      connectionLimits: [],
      faults: {},
    },
    new CounterBlock(),
  );
  supervisor.start();
  await once(supervisor, 'listening');
  supervisor.send(0, pipe);
  await once(supervisor, 'data');
  try {
    expect(await supervisor.drain(100)).toBe(0);
  } finally {
    await (await open(pipe, 'r+')).close();
    await rm(folder, { recursive: true });
  }
});
