import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { fetchRow } from '../../src/monitor/mesh/fetch-row.ts';
import type { MeshProbe } from '../../src/monitor/mesh/types.ts';

const cell = {
  ...{ target: 'tcp', peer: '10.0.0.9', flow: 'fresh', state: 'up', slo: null },
  window: { samples: 60, lossRatio: 0, p50Ms: 0.4, p99Ms: null },
};
const place = { run: 'r', host: 'h', node: 'n1', zone: null, trusted: true };
const row = { version: 2, ...place, cells: [cell], responders: { '10.0.0.9': 'pod=a' } };

async function rowFrom(answer: RequestListener): Promise<MeshProbe> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await fetchRow('127.0.0.1', (server.address() as AddressInfo).port, new AbortController().signal);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('should be the row that a probe tells', async () => {
  let path: string | undefined;
  const { row: read } = await rowFrom((request, response) => {
    path = request.url;
    response.end(JSON.stringify(row));
  });
  expect(path).toBe('/api/row');
  expect(read).toEqual(row);
});

it.each([
  ['no JSON', '<html>'],
  ['another version', { ...row, version: 3 }],
  ['a list', [row]],
  ['null', null],
  ['cells that are none', { ...row, cells: [{ ...cell, window: null }] }],
  ['a negative loss', { ...row, cells: [{ ...cell, window: { ...cell.window, lossRatio: -1 } }] }],
  ['too many cells', { ...row, cells: Array(4_097).fill(1) }],
  ['a name that is too long', { ...row, host: 'h'.repeat(2_000) }],
  ['a responder that is no text', { ...row, responders: { '10.0.0.9': {} } }],
])('should be refused with %s', async (_, body) => {
  const { problem } = await rowFrom((_request, response) =>
    response.end(typeof body === 'string' ? body : JSON.stringify(body)),
  );
  expect(problem).toMatch(/^127\.0\.0\.1:\d+ sent what is no row of a load probe$/);
});

it('should say why there is none', async () => {
  const problemOf = async (answer: RequestListener) => (await rowFrom(answer)).problem;
  expect(await problemOf((_request, response) => response.writeHead(404).end('no'))).toMatch(
    / answered 404 to GET \/api\/row$/,
  );
  // It may lead anywhere.
  const elsewhere = { location: 'http://127.0.0.1:9/' };
  expect(await problemOf((_request, response) => response.writeHead(302, elsewhere).end())).toMatch(
    /can't be asked/,
  );
  expect(
    await problemOf((_request, response) => {
      const more = (): void => {
        while (response.write(' '.repeat(65_536)));
        response.once('drain', more);
      };
      more();
    }),
  ).toMatch(/ sent more than 1048576 bytes$/);
  expect(await problemOf((_request, response) => response.flushHeaders())).toMatch(
    / did not answer within 2000 ms$/,
  );
  const port = await freePort();
  const { problem } = await fetchRow('127.0.0.1', port, new AbortController().signal);
  expect(problem).toBe(`127.0.0.1:${port} can't be asked: ECONNREFUSED`);
});
