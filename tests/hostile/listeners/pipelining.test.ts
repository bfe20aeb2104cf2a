import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keys as daytimeKeys } from '../../../services/daytime/src/config.ts';
import { listeners as daytimeListeners } from '../../../services/daytime/src/listeners.ts';
import { openDaytime } from '../../../services/daytime/src/worker.ts';
import { keys as echoKeys } from '../../../services/echo/src/config.ts';
import { listeners as echoListeners } from '../../../services/echo/src/listeners.ts';
import { openEcho } from '../../../services/echo/src/worker.ts';
import { freePort } from '../../harness/free-port.ts';
import { LocalDataPlane } from '../../harness/local-data-plane.ts';
import { TcpClient } from '../../harness/tcp-client.ts';

const CLIENTS = 8;
/** Maximum bytes of one read, and so of one piece for a protocol. */
const PIECE_BYTES = 64 * 1024;
/**
 * Maximum share of all replies that one turn of the loop may send. Replying to a whole piece at once would be at least
 * this share; TURN_BYTES for each client is a sixth of it. A timer of the loop marks the turns.
 */
const MAX_SHARE = 1 / CLIENTS;

/** Clients send the same short request many times, all of it before they read the first reply. */
describe.each([
  {
    listener: 'session-tcp',
    request: '\n',
    open: async () => LocalDataPlane.open(openDaytime, daytimeKeys, { SESSION_PORT: `${await freePort()}` }),
    sentBytes: (service: LocalDataPlane) => service.counters(daytimeListeners)['session-tcp'].sentBytes,
  },
  {
    listener: 'dialog-tcp',
    request: '\t',
    open: async () => LocalDataPlane.open(openEcho, echoKeys, { DIALOG_PORT: `${await freePort()}` }),
    sentBytes: (service: LocalDataPlane) => service.counters(echoListeners)['dialog-tcp'].sentBytes,
  },
])('clients of $listener that pipeline $request', ({ listener, request, open, sentBytes }) => {
  it('should not block the event loop', async () => {
    await using service = await open();
    const sent = sentBytes(service);
    await using clients = new AsyncDisposableStack();
    const peers = await Promise.all(
      Array.from({ length: CLIENTS }, async () =>
        clients.use(await TcpClient.connect(service.portOf(listener), { reading: false })),
      ),
    );
    const payload = Buffer.alloc(PIECE_BYTES, request);
    for (const { socket } of peers) socket.end(payload);

    let largest = 0;
    let before = 0;
    let answering = true;
    const counting = (async () => {
      while (answering) {
        await turn();
        const now = sent.value;
        largest = Math.max(largest, now - before);
        before = now;
      }
    })();
    for (const { socket } of peers) socket.resume();
    const answers = await Promise.all(peers.map((client) => client.takeAll()));
    answering = false;
    await counting;
    expect(await Promise.all(peers.map(({ ended }) => ended))).toEqual(peers.map(() => 'FIN'));
    const all = answers.reduce((sum, { length }) => sum + length, 0);
    expect(all).toBeGreaterThan(CLIENTS * PIECE_BYTES);
    expect(sent.value).toBe(all);
    expect(largest / all, 'share of one turn').toBeLessThan(MAX_SHARE);
  });
});
