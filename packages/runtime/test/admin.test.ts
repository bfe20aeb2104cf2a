import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

let service: ServiceProcess;
beforeAll(async () => {
  service = await ServiceProcess.start('echo', { ADMIN_HOST: '0.0.0.0,::' });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

describe('the admin listener', () => {
  it('should count the connections beyond its limit', async () => {
    const port = Number(new URL(service.adminUrl).port);
    const connecting = Array.from({ length: 1_003 }, () => TcpClient.connect(port));
    let ended = 0;
    {
      await using clients = new AsyncDisposableStack();
      for (const client of await Promise.all(connecting)) {
        clients.use(client);
        void client.ended.then(() => {
          ended += 1;
        });
      }
      await eventually(() => expect(ended).toBe(3));
    }
    await eventually(async () => {
      expect((await service.metrics()).value('l4_admin_connections_refused_total')).toBe(3);
    });
  });

  it('should say that the service is alive and how old the heartbeat is', async () => {
    const answer = await fetch(`${service.adminUrl}/livez`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    const body = (await answer.json()) as { status: string; heartbeatAgeSeconds: number };
    expect(Object.keys(body)).toEqual(['status', 'heartbeatAgeSeconds']);
    expect(body.status).toBe('alive');
    expect(body.heartbeatAgeSeconds).toBeGreaterThanOrEqual(0);
    expect(body.heartbeatAgeSeconds).toBeLessThan(5);
  });

  it('should say that the service is ready', async () => {
    const answer = await fetch(`${service.adminUrl}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ready', workers: 1 });
  });

  it('should name the service, its version and the Node it runs on', async () => {
    const answer = await fetch(`${service.adminUrl}/version`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      name: 'echo',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.versions.node,
    });
  });

  it('should answer on every address of ADMIN_HOST, on one port, with separate wildcards', async () => {
    const { port } = new URL(service.adminUrl);
    for (const host of ['127.0.0.1', '[::1]']) {
      expect((await fetch(`http://${host}:${port}/readyz`)).status).toBe(200);
    }
  });

  it.each([
    ['GET', '/'],
    ['GET', '/readyz/deeper'],
    ['POST', '/livez'],
    ['DELETE', '/metrics'],
  ])('should answer %s %s with 404 and say what is not there', async (method, path) => {
    const answer = await fetch(service.adminUrl + path, { method });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await answer.json()).toEqual({ error: `nothing at ${method} ${path}` });
  });

  it('should shorten a long path in its reply', async () => {
    const { error } = (await get(`/${'a'.repeat(5_000)}`)).json as { error: string };
    expect(error).toMatch(/^nothing at GET \/a+$/);
    expect(error.length).toBeLessThan(250);
  });

  it('should answer an invalid path with a message of its own', async () => {
    expect(await get('/%')).toMatchObject({
      status: 400,
      json: { error: 'the request is malformed: its path, its body or its length' },
    });
  });

  it.each([
    ['that is no JSON', 'application/json', '{', 400, 'the request is malformed'],
    ['of no known type', 'no type', 'x', 415, 'the body must be JSON'],
    [
      'that is too long',
      'application/json',
      JSON.stringify('x'.repeat(2 ** 20)),
      413,
      'the body is too long',
    ],
  ])('should answer a body %s with a message of its own', async (_what, type, body, status, error) => {
    const answer = await fetch(`${service.adminUrl}/livez`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: expect.stringMatching(`^${error}`) });
  });

  it('should not log the requests', () => {
    expect(service.log.map(({ msg }) => msg)).toEqual(['start', 'admin listening', 'listening']);
  });
});

/** Sends the path as it is. `fetch` would correct or refuse it. */
async function get(path: string): Promise<{ status: number; body: string; json: unknown }> {
  const { port } = new URL(service.adminUrl);
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>();
  request({ host: '127.0.0.1', port, path, agent: false }, resolve).once('error', reject).end();
  const answer = await promise;
  const body = await text(answer);
  return { status: answer.statusCode ?? 0, body, json: JSON.parse(body) };
}
