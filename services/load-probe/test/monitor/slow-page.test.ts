import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { EventStream } from '../../src/monitor/status/event-stream.ts';
import { StatusStore } from '../../src/monitor/status/store.ts';
import { targetOf } from '../take-samples.ts';

const TARGETS = 60;
const SECONDS = 600;
const PER_SECOND = 10;

it('should send the whole history to a page on a slow link', async () => {
  const NOW = 1_800_000_000_000;
  const ticks: (() => void)[] = [];
  const store = new StatusStore({
    version: '1.2.3',
    host: 'here',
    epoch() {
      for (const tick of ticks) tick();
      return NOW;
    },
  });
  for (let n = 0; n < TARGETS; n += 1) {
    store.add(n, targetOf(`tcp://127.0.0.1:7?name=${n}&interval=100ms`));
    const sample = { kind: 'sample', outcome: 'ok', detail: '', rttMs: 1.234, lagMs: 0, phases: {} } as const;
    store.receive(
      Array.from({ length: SECONDS * PER_SECOND }, (_, sequence) => ({
        ...sample,
        target: n,
        sequence,
        at: NOW - 1_000 * (SECONDS - 1) + (sequence * 1_000) / PER_SECOND,
      })),
    );
  }
  store.takeChangedSeconds();
  const stream = new EventStream(store);
  const waited = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    stream.add(response, {});
    response.on('close', () => waited.resolve());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n');
  await once(client, 'readable');
  // Reads nothing for three statuses, which is more than fits into the send buffer.
  let left = 3;
  ticks.push(() => {
    left -= 1;
    if (left === 0) waited.resolve();
  });
  await waited.promise;
  let seconds = 0;
  let statuses = 0;
  let isBehind = true;
  for await (const chunk of client) {
    seconds += String(chunk).split('"from"').length - 1;
    statuses += String(chunk).split('event: status').length - 1;
    // The text may be split between two chunks.
    isBehind = seconds < TARGETS * SECONDS - 1_000;
    if (!isBehind && statuses > 1) break;
  }
  stream.close();
  server.close();
  expect(isBehind).toBe(false);
});
