import { HEARTBEAT_INTERVAL_MS } from '@echo-daytime/link';
import { expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { Conversation } from './conversation.ts';
import { startObedient } from './obedient-service.ts';

const STALE_AFTER_MS = 5_000;
const DRAIN_TIMEOUT_MS = 500;

it('should fail /livez once a worker hangs for 5 s, answer /metrics all the while, and still stop in time', async () => {
  await using service = await startObedient({ DRAIN_TIMEOUT: `${DRAIN_TIMEOUT_MS}ms` });
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
  }, 15_000);
  expect(performance.now() - hungAt).toBeGreaterThan(STALE_AFTER_MS - HEARTBEAT_INTERVAL_MS);
  expect(liveness).toEqual({
    status: 'hung',
    heartbeatAgeSeconds: expect.any(Number),
    reason: 'a data-plane worker has been silent for more than 5 s',
  });
  const age = (await service.metrics()).value('l4_data_plane_heartbeat_age_seconds');
  expect(age).toBeGreaterThan(STALE_AFTER_MS / 1_000);

  const signalledAt = performance.now();
  expect(await service.stop()).toEqual({ code: 1, signal: null });
  expect(performance.now() - signalledAt).toBeLessThan(DRAIN_TIMEOUT_MS + 3_000);
  expect(service.log).toContainEqual(
    expect.objectContaining({
      level: 'error',
      workers: 1,
      msg: 'data-plane workers did not answer and were ended',
    }),
  );
  expect(service.log.at(-1)?.msg).toBe('stopped');
});
