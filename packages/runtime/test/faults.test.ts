import { faultNames } from '@echo-daytime/worker';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../tests/harness/hostile-text.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { spawnObedient } from './fixtures/obedient-service.ts';

const WARNING = 'faults can be injected through the admin port';
const JSON_TYPE = { 'content-type': 'application/json' };
/** The admin listener closes a connection whose request it has not read whole, so no request may follow on it. */
const ALONE = { connection: 'close' };

let service: ServiceProcess;
beforeAll(async () => {
  service = await ServiceProcess.start('echo', { FAULTS: 'on', HOST: '127.0.0.1' });
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(async () => {
  expect((await ask('DELETE', '/faults')).status).toBe(200);
});

async function ask(method: string, path: string, body?: BodyInit, headers = JSON_TYPE) {
  const answer = await fetch(service.adminUrl + path, {
    method,
    ...(body === undefined ? { headers: ALONE } : { body, headers: { ...headers, ...ALONE } }),
  });
  return { status: answer.status, body: await answer.json() };
}

describe('/faults', () => {
  it('should name every listener of the service, without faults at first', async () => {
    expect(await ask('GET', '/faults')).toEqual({
      status: 200,
      body: { 'echo-tcp': {}, 'echo-udp': {} },
    });
    expect(service.log.filter(({ msg }) => msg === WARNING)).toMatchObject([{ level: 'warn' }]);
  });

  it('should replace all faults of a listener and show what is active, everywhere', async () => {
    await ask('PUT', '/faults/echo-udp', '{"corrupt":{},"loss":{"probability":1}}');
    const active = { delay: { duration: '50ms', probability: 0.5 }, loss: { probability: 0.2 } };
    const put = await ask(
      'PUT',
      '/faults/echo-udp',
      '{"loss":{"probability":0.2},"delay":{"duration":"50ms","probability":0.5}}',
    );
    expect(put).toEqual({ status: 200, body: active });
    expect(await ask('GET', '/faults/echo-udp')).toEqual(put);
    expect((await ask('GET', '/faults')).body).toEqual({ 'echo-tcp': {}, 'echo-udp': active });
    expect((await ask('GET', '/readyz?verbose')).body).toMatchObject({ faults: { 'echo-udp': active } });
    const metrics = await service.metrics();
    const shown = (listener: string, fault: string) => metrics.value('l4_fault_active', { listener, fault });
    expect(['delay', 'loss', 'corrupt'].map((fault) => shown('echo-udp', fault))).toEqual([1, 1, 0]);
    expect(metrics.sum('l4_fault_active')).toBe(2);
    expect(() => shown('echo-udp', 'reset')).toThrow('no series');
    for (const fault of faultNames) expect(shown('echo-tcp', fault)).toBe(0);
    expect(service.log.at(-1)).toMatchObject({
      level: 'warn',
      msg: 'faults set',
      listener: 'echo-udp',
      faults: active,
    });
  });

  it('should clear the faults of one listener, or of all', async () => {
    await ask('PUT', '/faults/echo-udp', '{"loss":{}}');
    await ask('PUT', '/faults/echo-tcp', '{"stall":{}}');
    expect(await ask('DELETE', '/faults/echo-udp')).toEqual({ status: 200, body: {} });
    expect((await ask('GET', '/faults/echo-tcp')).body).toEqual({ stall: { probability: 1 } });
    expect((await ask('DELETE', '/faults')).body).toEqual({ 'echo-tcp': {}, 'echo-udp': {} });
    expect((await service.metrics()).sum('l4_fault_active')).toBe(0);
  });

  it.each([
    ['PUT', '/faults/dialog-tcp', 404, 'no listener "dialog-tcp"; there are echo-tcp, echo-udp'],
    ['GET', '/faults/no-such', 404, 'no listener "no-such"; there are echo-tcp, echo-udp'],
    ['DELETE', '/faults/no-such', 404, 'no listener "no-such"; there are echo-tcp, echo-udp'],
    ['POST', '/faults/echo-tcp', 404, 'nothing at POST /faults/echo-tcp'],
  ])('should answer %s %s with %i', async (method, path, status, error) => {
    const body = method === 'PUT' || method === 'POST' ? '{}' : undefined;
    expect(await ask(method, path, body)).toEqual({ status, body: { error } });
  });

  it.each<[what: string, body: string | undefined, headers: typeof JSON_TYPE, status: number, error: RegExp]>(
    [
      ['nothing', undefined, JSON_TYPE, 400, /: the body is empty; it must be an object of faults/],
      ['an empty body', '', JSON_TYPE, 400, /^the body is empty; it must be/],
      ['half a body', '{"loss":', JSON_TYPE, 400, /^the body is not JSON; it must be/],
      ['a poisoned prototype', '{"__proto__":{"loss":{}}}', JSON_TYPE, 400, /^the body is not JSON/],
      [
        'a form',
        '{}',
        { 'content-type': 'application/x-www-form-urlencoded' },
        415,
        /content-type: application\/json/,
      ],
      [
        'a body that is too long',
        `{"loss":{},"${'x'.repeat(20_000)}":1}`,
        JSON_TYPE,
        413,
        /longer than 16384 bytes/,
      ],
      [
        'a fault of TCP',
        '{"reset":{}}',
        JSON_TYPE,
        400,
        /^the faults of echo-udp are unchanged: reset is not a fault of UDP/,
      ],
    ],
  )('should refuse %s and change nothing', async (_what, body, headers, status, error) => {
    await ask('PUT', '/faults/echo-udp', '{"loss":{}}');
    const answer = await ask('PUT', '/faults/echo-udp', body, headers);
    expect(answer).toMatchObject({ status, body: { error: expect.stringMatching(error) } });
    expect((await ask('GET', '/faults/echo-udp')).body).toEqual({ loss: { probability: 1 } });
  });

  it('should also list the problems of a bad set one by one', async () => {
    const { body } = await ask('PUT', '/faults/echo-tcp', '{"los":{},"loss":1}');
    expect(body).toMatchObject({
      problems: [expect.stringContaining('"los"'), expect.stringContaining('loss is 1')],
    });
  });

  it('should accept or refuse any body, and change nothing when it refuses', async () => {
    const set = fc.dictionary(
      fc.constantFrom('delay', 'loss', 'corrupt', 'reset', 'los'),
      fc.oneof(
        fc.record({ probability: fc.oneof(fc.double(), fc.jsonValue()) }),
        fc.constant({ duration: '5ms' }),
        fc.jsonValue(),
      ),
    );
    const body = fc.oneof(
      fc.json(),
      set.map((value) => JSON.stringify(value)),
      fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ minLength: 1, unit: anyCharacter }),
    );
    let active: unknown = {};
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        const answer = await ask('PUT', '/faults/echo-tcp', bytes);
        expect([200, 400]).toContain(answer.status);
        if (answer.status === 200) {
          taken += 1;
          active = answer.body;
        } else {
          refused += 1;
        }
        expect((await ask('GET', '/faults/echo-tcp')).body).toEqual(active);
      }),
      { numRuns: 100 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(0);
    await ask('DELETE', '/faults');
    using client = await TcpClient.connect(service.port('echo-tcp'));
    expect(await client.ask('still here')).toBe('still here');
    expect(service.log.filter(({ msg }) => msg === 'data-plane worker died, starting it again')).toEqual([]);
  });
});

describe('/readyz?verbose', () => {
  it('should show listeners, workers and faults, and leave /readyz as it is', async () => {
    expect(await ask('GET', '/readyz')).toEqual({ status: 200, body: { status: 'ready', workers: 1 } });
    expect(await ask('GET', '/readyz?verbose')).toEqual({
      status: 200,
      body: {
        status: 'ready',
        workers: 1,
        listening: 1,
        listeners: [
          {
            listener: 'echo-tcp',
            protocol: 'tcp',
            address: '127.0.0.1',
            port: service.port('echo-tcp'),
            engine: expect.any(String),
          },
          {
            listener: 'echo-udp',
            protocol: 'udp',
            address: '127.0.0.1',
            port: service.port('echo-udp'),
            engine: expect.any(String),
          },
        ],
        faults: {},
      },
    });
  });
});

describe('without FAULTS=on', () => {
  it('should have no faults and say how to switch them on', async () => {
    await using plain = await ServiceProcess.start('udp-daytime');
    for (const [method, path] of [
      ['GET', '/faults'],
      ['PUT', '/faults/echo-tcp'],
      ['DELETE', '/faults/no-such'],
    ] as const) {
      const init = method === 'PUT' ? { method, body: 'anything' } : { method };
      const answer = await fetch(plain.adminUrl + path, init);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({
        error: 'faults are off; start the service with FAULTS=on to inject them',
      });
    }
    const verbose = await fetch(`${plain.adminUrl}/readyz?verbose`);
    expect(await verbose.json()).toMatchObject({ status: 'ready', faults: 'off' });
    expect((await plain.metrics()).sum('l4_fault_active')).toBe(0);
    expect(plain.log.filter(({ msg }) => msg === WARNING)).toEqual([]);
  });
});

it('should keep the faults in a restarted worker', async () => {
  await using obedient = spawnObedient({ FAULTS: 'on' });
  await obedient.logged('listening');
  const put = await fetch(`${obedient.adminUrl}/faults/command-tcp`, {
    ...{ method: 'PUT', headers: JSON_TYPE, body: '{"truncate":{}}' },
  });
  expect(put.status).toBe(200);
  using victim = await TcpClient.connect(obedient.port('command-tcp'));
  victim.socket.write('throw');
  await obedient.logged('listening', 1);
  using client = await TcpClient.connect(obedient.port('command-tcp'));
  client.socket.write('whole');
  expect((await client.takeAll()).toString()).toBe('wh');
});
