import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NODE } from '../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { Conversation } from './conversation.ts';
import { spawnObedient, startObedient } from './fixtures/obedient-service.ts';

const DRAIN_DELAY_MS = 500;
const DRAIN_TIMEOUT_MS = 300;
/** A signal that comes at least this much later counts as a second request. */
const FIRST_IS_OVER_MS = 1_000;

describe.concurrent.each([
  ['SIGTERM', 'SIGINT', 130],
  ['SIGINT', 'SIGTERM', 143],
] as const)('%s', (signal, second, code) => {
  it(`should make the service not ready at once while it keeps serving for the delay, and ${second} should end it later`, async () => {
    await using service = await startObedient({ DRAIN_DELAY: '1h' });
    using open = await Conversation.open(service.port('command-tcp'));
    expect(await open.ask('before')).toBe('before');
    service.child.kill(signal);
    const draining = await service.logged('draining');

    const readiness = await fetch(`${service.adminUrl}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ status: 'draining' });
    expect(await service.status('/livez')).toBe(200);
    expect((await fetch(`${service.adminUrl}/metrics`)).status).toBe(200);
    expect(await open.ask('after')).toBe('after');
    using late = await Conversation.open(service.port('command-tcp'));
    expect(await late.ask('newcomer')).toBe('newcomer');
    expect(draining).toMatchObject({ signal, drainDelayMs: 3_600_000 });

    await delay(FIRST_IS_OVER_MS);
    expect(await service.stop(second)).toEqual({ code, signal: null });
    expect(service.log.some(({ msg }) => msg === 'stopped')).toBe(false);
  });
});

describe.concurrent('a signal', () => {
  it('should end a connection that its client keeps open after delay and timeout, with exit code 0', async () => {
    await using service = await startObedient({
      DRAIN_DELAY: `${DRAIN_DELAY_MS}ms`,
      DRAIN_TIMEOUT: `${DRAIN_TIMEOUT_MS}ms`,
    });
    using stubborn = await Conversation.open(service.port('command-tcp'));
    expect(await stubborn.ask('here')).toBe('here');
    const signalledAt = performance.now();
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeGreaterThanOrEqual(DRAIN_DELAY_MS + DRAIN_TIMEOUT_MS - 5);
    expect(await stubborn.ended).toBe('FIN');
  });

  it('should be obeyed while the data plane is still starting', async () => {
    await using service = spawnObedient();
    await service.logged('start');
    expect(await service.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(service.log.at(-1)?.msg).toBe('stopped');
  });

  it('should drain the service and end it when it comes again, also SIGHUP of a closed terminal', async () => {
    await using service = await startObedient({ DRAIN_TIMEOUT: '1h' });
    using open = await Conversation.open(service.port('command-tcp'));
    expect(await open.ask('here')).toBe('here');
    service.child.kill('SIGHUP');
    expect(await open.ended).toBe('FIN');
    await delay(FIRST_IS_OVER_MS);
    expect(await service.stop('SIGHUP')).toEqual({ code: 129, signal: null });
  });

  it('should count as the same request when two signals come together', async () => {
    await using service = await startObedient();
    using open = await Conversation.open(service.port('command-tcp'));
    expect(await open.ask('here')).toBe('here');
    {
      // Both are pending when the process continues. The kernel would merge two signals of one kind.
      using _halted = await service.halt();
      service.child.kill('SIGINT');
      service.child.kill('SIGTERM');
    }
    expect(await open.ended).toBe('FIN');
    open.close();
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});

/** The source of a service's main module. */
const mainOf = (name: string) =>
  fileURLToPath(new URL(`../../../services/${name}/src/main.ts`, import.meta.url));

describe('process 1 of a container', skipFor(notLinux), () => {
  const stopped = `--import=${new URL('./fixtures/stop-while-loading.mjs', import.meta.url)}`;

  it.each([
    ['daytime', 'SIGHUP'],
    ['load-probe', 'SIGTERM'],
  ])('should be stopped, %s, by %s that comes while it is still loading', async (name, signal) => {
    const main = mainOf(name);
    const launcher = [
      'unshare',
      '--user',
      '--map-root-user',
      '--pid',
      '--fork',
      '--kill-child',
      ...NODE,
      stopped,
    ] as const;
    await using service = new ServiceProcess(main, { STOPS_BY: signal }, [], launcher);
    await Promise.race([service.exited, service.logged('listening')]);
    expect(service.log.map(({ msg }) => msg)).toContain('draining');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.log[0]).toMatchObject({ msg: 'start', pid: 1 });
    expect(service.log.at(-1)?.msg).toBe('stopped');
  });

  it.each(['echo', 'udp-daytime'])(
    'should be stopped the same way: %s, whose main module equals that of daytime',
    (name) => {
      expect(readFileSync(mainOf(name), 'utf8')).toBe(readFileSync(mainOf('daytime'), 'utf8'));
    },
  );
});
