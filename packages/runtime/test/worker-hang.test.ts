import { setTimeout as delay } from 'node:timers/promises';
import { HEARTBEAT_INTERVAL_MS } from '@echo-daytime/worker';
import { expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { Conversation } from './conversation.ts';
import { startObedient } from './fixtures/obedient-service.ts';

const STALE_AFTER_MS = 5_000;
const HUNG_AFTER_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
const DIED = 'data-plane worker died, starting it again';

it.concurrent('should fail /livez once a worker hangs for 5 s, answer /metrics all the while, and still stop in time', async () => {
  await using service = await startObedient({ DRAIN_TIMEOUT: '500ms' });
  using client = await Conversation.open(service.port('command-tcp'));
  const hungAt = performance.now();
  client.say('hang');

  const liveness = await eventually(async () => {
    const metrics = await service.metrics();
    expect(metrics.value('l4_data_plane_workers')).toBe(1);
    const answer = await fetch(`${service.adminUrl}/livez`);
    const body = (await answer.json()) as { status: string };
    expect(answer.status).toBe(body.status === 'alive' ? 200 : 503);
    expect(answer.status).toBe(503);
    return body;
  });
  expect(performance.now() - hungAt).toBeGreaterThan(STALE_AFTER_MS - HEARTBEAT_INTERVAL_MS);
  expect(liveness).toEqual({
    status: 'hung',
    heartbeatAgeSeconds: expect.any(Number),
    reason: 'a data-plane worker has sent no heartbeat for more than 5 s',
  });
  const age = (await service.metrics()).value('l4_data_plane_heartbeat_age_seconds');
  expect(age).toBeGreaterThan(STALE_AFTER_MS / 1_000);

  expect(await service.stop()).toEqual({ code: 1, signal: null });
  expect(service.log).toContainEqual(
    expect.objectContaining({
      level: 'error',
      workers: 1,
      msg: 'data-plane workers did not drain in time and were terminated',
    }),
  );
  expect(service.log.at(-1)?.msg).toBe('stopped');
});

it.concurrent('should end a worker that hangs for 10 s, count and log it as a death, and serve again', async () => {
  await using service = await startObedient();
  using victim = await Conversation.open(service.port('command-tcp'));
  const hungAt = performance.now();
  victim.say('hang');

  const death = await service.logged(DIED);
  expect(performance.now() - hungAt).toBeGreaterThan(HUNG_AFTER_MS - CHECK_INTERVAL_MS);
  expect(death).toMatchObject({
    level: 'error',
    worker: 0,
    failure: { message: 'its event loop was blocked for more than 10 s' },
  });
  await service.logged('listening', 1);
  using client = await Conversation.open(service.port('command-tcp'));
  expect(await client.ask('anybody there?')).toBe('anybody there?');
  expect(await service.status('/livez')).toBe(200);
  const metrics = await service.metrics();
  expect(metrics.value('l4_data_plane_worker_restarts_total')).toBe(1);
  expect(metrics.value('l4_tcp_connections_closed_total', { listener: 'command-tcp', reason: 'error' })).toBe(
    1,
  );
});

it.concurrent('should not take a process that was stopped as a whole for a process with a hung worker', async () => {
  await using service = await startObedient();
  using client = await Conversation.open(service.port('command-tcp'));
  expect(await client.ask('before')).toBe('before');
  {
    using _halted = await service.halt();
    await delay(HUNG_AFTER_MS + 2 * CHECK_INTERVAL_MS);
  }
  expect(await client.ask('after')).toBe('after');
  // Long enough for a check of the heartbeats that were old when the process continued.
  await delay(2 * CHECK_INTERVAL_MS);
  expect(await client.ask('still')).toBe('still');
  expect((await service.metrics()).value('l4_data_plane_worker_restarts_total')).toBe(0);
});

it.concurrent('should kill the process where a worker hangs and can not be ended', async () => {
  await using service = await startObedient();
  using victim = await Conversation.open(service.port('command-tcp'));
  victim.say('sleep in a system call');
  expect(await service.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(service.log.at(-1)).toMatchObject({
    level: 'fatal',
    reason: 'DataPlaneError',
    msg: 'a data-plane worker was blocked for more than 10 s and could not be terminated; killing the process',
  });
});
