import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import type { Metrics } from '../../../tests/harness/metrics.ts';
import type { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { Conversation } from './conversation.ts';
import { spawnObedient, startObedient } from './obedient-service.ts';

const DIED = 'data-plane worker died, starting it again';

describe.concurrent('a data-plane worker that dies', () => {
  it('should be started again, counted and logged once, however it dies, after twice the wait each time', async () => {
    await using service = await startObedient();
    const isReady = async () => (await service.status('/readyz')) === 200;
    expect(await isReady()).toBe(true);
    for (const [died, command] of ['throw', 'reject', 'exit'].entries()) {
      await kill(service, command);
      await service.logged(DIED, died);
      if (died === 2) await expectNotReady(service);
      await service.logged('listening', died + 1);
      expect(await isReady()).toBe(true);
      expect(await echoes(service)).toBe(true);
    }
    expect(service.log.filter(({ msg }) => msg === DIED)).toMatchObject([
      { level: 'error', worker: 0, failure: { message: 'told to throw' }, delayMs: 100 },
      { failure: { message: 'told to reject' }, delayMs: 200 },
      { failure: { message: 'the worker ended by itself with exit code 3' }, delayMs: 400 },
    ]);
    expect(service.stderr).toBe('');
    expect((await service.metrics()).value('l4_data_plane_worker_restarts_total')).toBe(3);
  });

  it('should be started again when its heap meets its limit, with the process unharmed', async () => {
    await using service = await startObedient({ NODE_OPTIONS: '--max-old-space-size=32' });
    await kill(service, 'hoard');
    await service.logged('listening', 1);
    expect(service.log.find(({ msg }) => msg === DIED)).toMatchObject({
      failure: { code: 'ERR_WORKER_OUT_OF_MEMORY' },
    });
    expect(await echoes(service)).toBe(true);
  });

  it('should have its open connections booked as errors and its shared claims given back', async () => {
    await using service = await startObedient({ MAX_CONNECTIONS: '4' });
    const port = service.port('command-tcp');
    const lost = await Promise.all([1, 2, 3, 4].map(() => Conversation.open(port)));
    for (const conversation of lost) expect(await conversation.ask('here')).toBe('here');
    lost[0]?.say('throw');
    await Promise.all(lost.map(({ ended }) => ended));
    await service.logged('listening', 1);

    const after = await service.metrics();
    const labels = { listener: 'command-tcp' };
    expect(after.value('l4_tcp_connections_accepted_total', labels)).toBe(4);
    expect(after.value('l4_tcp_connections_closed_total', { ...labels, reason: 'error' })).toBe(4);
    expect(after.value('l4_tcp_connections_open', labels)).toBe(0);

    const again = service.port('command-tcp');
    const kept = await Promise.all([1, 2, 3, 4].map(() => Conversation.open(again)));
    for (const conversation of kept) expect(await conversation.ask('here')).toBe('here');
    expect(await Conversation.isRefused(again)).toBe(true);
    for (const conversation of kept) conversation.close();
    await eventually(async () => {
      const metrics = await service.metrics();
      expect(metrics.value('l4_tcp_connections_open', labels)).toBe(0);
      expect(unbalanced(metrics)).toBe(0);
    });
  });

  it('should leave the other worker serving, on connections it had and on new ones', async () => {
    await using service = await startObedient({ WORKERS: '2', PORT: String(await freePort()) });
    const { dying, living } = await conversationWithEach(service);
    using survivor = living;
    dying.say('throw');
    await dying.ended;
    await service.logged(DIED);

    expect(await survivor.ask('still here')).toBe('still here');
    expect(await service.status('/livez')).toBe(200);
    await service.logged('listening', 1);
    expect(await survivor.ask('and after')).toBe('and after');
    expect(await service.status('/readyz')).toBe(200);

    const metrics = await service.metrics();
    expect(metrics.value('l4_data_plane_worker_restarts_total')).toBe(1);
    expect(metrics.value('l4_data_plane_workers')).toBe(2);
    expect(unbalanced(metrics)).toBe(0);
    survivor.close();
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('should end the process with exit code 1 when it happens five times in a minute', async () => {
    await using service = spawnObedient({ FAILS: 'after-listening' });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.log.filter(({ msg }) => msg === DIED)).toHaveLength(4);
    expect(service.log.filter(({ level }) => level === 'fatal')).toEqual([
      expect.objectContaining({
        reason: 'DataPlaneError',
        msg: 'data-plane workers died 5 times in 60 s, last: told to fail after listening',
      }),
    ]);
    expect(service.log.at(-1)?.level).toBe('fatal');
  });

  it('should be told, and end the process with 1, when it dies in a drain', async () => {
    await using service = await startObedient({ DRAIN_TIMEOUT: '60s' });
    using victim = await Conversation.open(service.port('command-tcp'));
    expect(await victim.ask('here')).toBe('here');
    service.child.kill('SIGTERM');
    await service.logged('draining');
    victim.say('throw');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    const errors = service.log.filter(({ level }) => ['error', 'fatal'].includes(level));
    expect(errors).toMatchObject([
      { msg: 'data-plane worker died while draining', worker: 0, failure: { message: 'told to throw' } },
    ]);
  });

  it('should end the process at once when it could not even listen', async () => {
    await using service = spawnObedient({ FAILS: 'before-listening' });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.log.filter(({ msg }) => msg === DIED)).toHaveLength(0);
    expect(service.log.at(-1)).toMatchObject({ level: 'fatal', msg: 'told to fail before listening' });
  });
});

/** While its only worker is not started again. */
async function expectNotReady(service: ServiceProcess): Promise<void> {
  const answer = await fetch(`${service.adminUrl}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: 'starting', workers: 1, listening: 0 });
  expect((await service.metrics()).value('l4_data_plane_workers')).toBe(0);
  expect(await service.status('/livez')).toBe(200);
}

/** Has a client end the worker that serves it, and waits until the client notices. */
async function kill(service: ServiceProcess, command = 'throw'): Promise<void> {
  using victim = await Conversation.open(service.port('command-tcp'));
  victim.say(command);
  await victim.ended;
}

async function echoes(service: ServiceProcess): Promise<boolean> {
  using client = await Conversation.open(service.port('command-tcp'));
  return (await client.ask('anybody there?')) === 'anybody there?';
}

/** The kernel spreads connections over the workers: asks who answers until both have. */
async function conversationWithEach(
  service: ServiceProcess,
): Promise<{ dying: Conversation; living: Conversation }> {
  const byWorker = new Map<string, Conversation>();
  for (let attempt = 0; byWorker.size < 2; attempt += 1) {
    if (attempt === 100) throw new Error('100 connections all came to the same worker');
    const conversation = await Conversation.open(service.port('command-tcp'));
    const worker = await conversation.ask('who');
    if (byWorker.has(worker)) conversation.close();
    else byWorker.set(worker, conversation);
  }
  const [dying, living] = [...byWorker.values()];
  return { dying: dying!, living: living! };
}

/** accepted - open - Σ closed, which must be 0. */
function unbalanced(metrics: Metrics): number {
  const { accepted, open, closed } = {
    accepted: metrics.sum('l4_tcp_connections_accepted_total'),
    open: metrics.sum('l4_tcp_connections_open'),
    closed: metrics.sum('l4_tcp_connections_closed_total'),
  };
  return accepted - open - closed;
}
