import { describe, expect, it } from 'vitest';
import type { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { Conversation } from './conversation.ts';
import { spawnObedient, startObedient } from './fixtures/obedient-service.ts';

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

  it('should be started again when its heap reaches its limit, while the process runs on', async () => {
    await using service = await startObedient({ NODE_OPTIONS: '--max-old-space-size=32' });
    await kill(service, 'hoard');
    await service.logged('listening', 1);
    expect(service.log.find(({ msg }) => msg === DIED)).toMatchObject({
      failure: { code: 'ERR_WORKER_OUT_OF_MEMORY' },
    });
    expect(await echoes(service)).toBe(true);
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

  it('should be logged, and end the process with 1, when it dies in a drain', async () => {
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

/** Call before the only worker is started again. */
async function expectNotReady(service: ServiceProcess): Promise<void> {
  const answer = await fetch(`${service.adminUrl}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: 'starting', workers: 1, listening: 0 });
  expect((await service.metrics()).value('l4_data_plane_workers')).toBe(0);
  expect(await service.status('/livez')).toBe(200);
}

/** Ends the worker that serves a client, and waits until the client notices. */
async function kill(service: ServiceProcess, command = 'throw'): Promise<void> {
  using victim = await Conversation.open(service.port('command-tcp'));
  victim.say(command);
  await victim.ended;
}

async function echoes(service: ServiceProcess): Promise<boolean> {
  using client = await Conversation.open(service.port('command-tcp'));
  return (await client.ask('anybody there?')) === 'anybody there?';
}
