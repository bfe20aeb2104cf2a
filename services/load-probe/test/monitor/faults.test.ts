import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance, udpImbalance } from '../../../../tests/harness/balance.ts';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import type { Outcome } from '../../src/sampling/outcome.ts';
import { takeSamples } from '../clocked-samples.ts';
import { runProcess } from '../program.ts';
import { takeSamplesOnce, takeTimelySample } from '../take-samples.ts';

type Listener = 'echo-tcp' | 'echo-udp' | 'dialog-tcp' | 'daytime-tcp' | 'session-tcp' | 'daytime-udp';

/** The outcomes for a fault that hits every reply. */
const expected: Readonly<Record<Listener, Readonly<Record<string, readonly Outcome[]>>>> = {
  'echo-tcp': {
    loss: ['read_timeout'],
    corrupt: ['corrupt'],
    truncate: ['truncated'],
    reset: ['reset'],
    stall: ['read_timeout'],
    refuse: ['reset'],
  },
  'dialog-tcp': {
    loss: ['read_timeout'],
    // The corrupt byte may be the delimiter, and then the reply never ends.
    corrupt: ['corrupt', 'read_timeout'],
    truncate: ['truncated'],
    reset: ['reset'],
    stall: ['read_timeout'],
    refuse: ['reset'],
  },
  'session-tcp': {
    loss: ['read_timeout'],
    corrupt: ['malformed', 'read_timeout'],
    truncate: ['truncated'],
    reset: ['reset'],
    stall: ['read_timeout'],
    refuse: ['reset'],
  },
  'daytime-tcp': {
    loss: ['closed'],
    duplicate: ['malformed'],
    corrupt: ['malformed'],
    truncate: ['malformed', 'truncated'],
    reset: ['reset'],
    stall: ['read_timeout'],
    refuse: ['reset'],
  },
  'echo-udp': { loss: ['lost'], corrupt: ['corrupt'], truncate: ['truncated'] },
  'daytime-udp': { loss: ['lost'], corrupt: ['malformed'], truncate: ['malformed', 'truncated'] },
};
const listeners = Object.keys(expected) as Listener[];
const fleet = new AsyncDisposableStack();
const services = new Map<Listener, ServiceProcess>();
beforeAll(async () => {
  const env = { FAULTS: 'on', HOST: '127.0.0.1', RATE_PER_SOURCE: '0' };
  const [echo, daytime, udpDaytime] = await Promise.all([
    ServiceProcess.start('echo', { ...env, DIALOG_PORT: `${await freePort()}` }),
    ServiceProcess.start('daytime', { ...env, SESSION_PORT: `${await freePort()}` }),
    ServiceProcess.start('udp-daytime', env),
  ]);
  for (const service of [echo, daytime, udpDaytime]) fleet.use(service);
  for (const listener of ['echo-tcp', 'echo-udp', 'dialog-tcp'] as const) services.set(listener, echo);
  for (const listener of ['daytime-tcp', 'session-tcp'] as const) services.set(listener, daytime);
  services.set('daytime-udp', udpDaytime);
});
afterAll(() => fleet.disposeAsync());
function serviceOf(listener: Listener): ServiceProcess {
  const service = services.get(listener);
  if (!service) throw new Error(`no service has ${listener}`);
  return service;
}

async function call(service: ServiceProcess, method: string, path: string, faults?: unknown): Promise<void> {
  const answer = await fetch(`${service.adminUrl}/faults${path}`, {
    method,
    ...(faults !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    }),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

function inject(listener: Listener, faults: unknown): Promise<void> {
  return call(serviceOf(listener), 'PUT', `/${listener}`, faults);
}

function clear(listener: Listener): Promise<void> {
  return call(serviceOf(listener), 'DELETE', `/${listener}`);
}

function urlOf(listener: Listener, query = ''): string {
  return `${listener.replace('-', '+')}://127.0.0.1:${serviceOf(listener).port(listener)}${query}`;
}

describe.concurrent('the probe', () => {
  it.each(listeners)('should see every fault of %s, and its end', async (listener) => {
    for (const [fault, outcomes] of Object.entries(expected[listener])) {
      await inject(listener, { [fault]: {} });
      const { outcome } = await takeTimelySample(urlOf(listener, '?timeout=300ms'));
      expect(outcomes, `${fault} was ${outcome}`).toContain(outcome);
      await clear(listener);
      expect((await takeTimelySample(urlOf(listener))).outcome, `after ${fault}`).toBe('ok');
    }
    await inject(listener, { delay: { duration: '150ms' }, jitter: { duration: '10ms' } });
    const late = await takeTimelySample(urlOf(listener));
    expect(late.outcome).toBe('ok');
    expect(late.rttMs).toBeGreaterThanOrEqual(149);
    await clear(listener);
  });
});

it.each(['echo-udp', 'daytime-udp'] as const)(
  'should let the probe count duplicates of %s',
  async (listener) => {
    await inject(listener, { duplicate: {} });
    const { samples, duplicates } = await takeSamples(urlOf(listener), 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
    expect(duplicates).toBe(3);
    await clear(listener);
  },
);

it('should fail a gate when a fifth of the datagrams is lost, and hold it when none is', async () => {
  const check = ['check', '--max-loss', '5%', urlOf('echo-udp')];
  await inject('echo-udp', { loss: { probability: 0.2 } });
  // Of 200 datagrams 40 are lost on average; the chance of fewer than 11 is 1 in 10^9.
  const lossy = await runProcess([...check, '--count', '200', '--rate', '500', '--timeout', '500ms']);
  expect(lossy.stdout).toMatch(/\d+ lost: no answer from /);
  expect(lossy.code).toBe(1);
  await clear('echo-udp');
  // On a slow machine replies may be late, and the probe itself must be on time for half of its samples.
  const whole = await runProcess([...check, '--count', '50', '--rate', '50', '--timeout', '10s']);
  expect(whole.stdout).toContain('--max-loss 5% held');
  expect(whole.code).toBe(0);
});

it('should leave the counters of every listener balanced after all faults', async () => {
  const lost = { loss: { probability: 0.5 }, delay: { duration: '5ms', probability: 0.5 } };
  await Promise.all([inject('echo-udp', lost), inject('daytime-udp', lost)]);
  await Promise.all(
    (['echo-udp', 'daytime-udp'] as const).map((listener) =>
      takeSamplesOnce(urlOf(listener, '?timeout=100ms'), 40),
    ),
  );
  for (const listener of listeners) {
    await eventually(async () => {
      const metrics = await serviceOf(listener).metrics();
      const isTcp = listener.endsWith('-tcp');
      expect(isTcp ? tcpImbalance(metrics, listener) : udpImbalance(metrics, listener)).toBe(0);
      if (isTcp) {
        expect(metrics.value('l4_tcp_connections_open', { listener })).toBe(0);
        expect(
          metrics.value('l4_tcp_connections_refused_total', { listener, reason: 'fault' }),
        ).toBeGreaterThan(0);
        expect(
          metrics.value('l4_tcp_connections_closed_total', { listener, reason: 'fault' }),
        ).toBeGreaterThan(0);
      } else {
        expect(
          metrics.value('l4_udp_datagrams_dropped_total', { listener, reason: 'fault' }),
        ).toBeGreaterThan(0);
      }
    });
  }
});
