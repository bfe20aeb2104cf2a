import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import type { Metrics } from '../../../tests/harness/metrics.ts';
import { Conversation } from './conversation.ts';
import { startObedient } from './fixtures/obedient-service.ts';

const LIMIT = 40;
const labels = { listener: 'command-tcp' };

const open = (port: number, count: number) =>
  Promise.all(Array.from({ length: count }, () => Conversation.open(port)));

function connectionCounts(metrics: Metrics) {
  return {
    accepted: metrics.value('l4_tcp_connections_accepted_total', labels),
    open: metrics.value('l4_tcp_connections_open', labels),
    closed: metrics.sum('l4_tcp_connections_closed_total', labels),
    lost: metrics.value('l4_tcp_connections_closed_total', { ...labels, reason: 'error' }),
    refused: metrics.value('l4_tcp_connections_refused_total', { ...labels, reason: 'max_connections' }),
  };
}

it('should lose only the connections of the worker that dies', async () => {
  const port = await freePort();
  await using service = await startObedient({
    WORKERS: '2',
    PORT: String(port),
    MAX_CONNECTIONS: String(LIMIT),
  });
  const conversations = await open(port, LIMIT);
  const workers = await Promise.all(conversations.map((conversation) => conversation.ask('who')));
  const dying = conversations.filter((_, index) => workers[index] === '0');
  const living = conversations.filter((_, index) => workers[index] === '1');
  expect(dying.length + living.length).toBe(LIMIT);
  expect(Math.min(dying.length, living.length)).toBeGreaterThan(0);
  // The limit is reached, whichever worker accepts.
  for (let attempt = 0; attempt < 5; attempt += 1) expect(await Conversation.isRefused(port)).toBe(true);

  dying[0]!.say('throw');
  await Promise.all(dying.map(({ ended }) => ended));
  await service.logged('data-plane worker died, starting it again');
  for (const conversation of living) expect(await conversation.ask('still here')).toBe('still here');
  expect(await service.status('/livez')).toBe(200);
  await service.logged('listening', 1);
  for (const conversation of living) expect(await conversation.ask('and after')).toBe('and after');
  expect(await service.status('/readyz')).toBe(200);
  const metrics = await service.metrics();
  expect(metrics.value('l4_data_plane_worker_restarts_total')).toBe(1);
  expect(metrics.value('l4_data_plane_workers')).toBe(2);
  expect(connectionCounts(metrics)).toEqual({
    accepted: LIMIT,
    open: living.length,
    closed: dying.length,
    lost: dying.length,
    refused: 5,
  });

  // Exactly the places of the dead worker are free again.
  const again = await open(port, dying.length);
  for (const conversation of again) expect(await conversation.ask('here')).toBe('here');
  expect(await Conversation.isRefused(port)).toBe(true);
  for (const conversation of [...living, ...again]) conversation.close();
  await eventually(async () => {
    const after = LIMIT + dying.length;
    expect(connectionCounts(await service.metrics())).toEqual({
      accepted: after,
      open: 0,
      closed: after,
      lost: dying.length,
      refused: 6,
    });
  });
});

it('should run a worker per core with WORKERS=auto', async () => {
  const port = await freePort();
  await using service = await startObedient({ WORKERS: 'auto', PORT: String(port) });
  expect((await service.metrics()).value('l4_data_plane_workers')).toBe(availableParallelism());
});
