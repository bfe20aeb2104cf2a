import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { LocalDialog } from './fixtures/local-dialog.ts';

/** The deadlines of a listener are looked at ten times within the shortest of its timeouts. */
const FINE_GRAIN = { IDLE_TIMEOUT: '100ms' };
/** A busy machine may be late. */
const LATEST_MS = 5_000;

describe.concurrent('DIALOG_READ_TIMEOUT', () => {
  it('should close a client that sends no message, by FIN', async () => {
    await using dialog = await LocalDialog.open({ ...FINE_GRAIN, DIALOG_READ_TIMEOUT: '500ms' });
    const start = performance.now();
    using silent = await TcpClient.connect(dialog.port);
    expect((await silent.takeAll()).toString()).toBe('');
    expect(await silent.ended).toBe('FIN');
    expect(performance.now() - start).toBeGreaterThanOrEqual(500);
    expect(performance.now() - start).toBeLessThan(LATEST_MS);
    await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
  });

  it('should start anew with each message', async () => {
    await using dialog = await LocalDialog.open({ ...FINE_GRAIN, DIALOG_READ_TIMEOUT: '1s' });
    using client = await TcpClient.connect(dialog.port);
    let lastSentAt = 0;
    for (let elapsed = 0; elapsed < 2_000; elapsed += 200) {
      lastSentAt = performance.now();
      expect(await client.ask('tick\t')).toBe('server got:tick\t');
      await delay(200);
    }
    expect(dialog.closed).toEqual({});
    expect(await client.ended).toBe('FIN');
    expect(performance.now() - lastSentAt).toBeGreaterThanOrEqual(1_000);
    await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
  });

  it('should not start anew with bytes that complete no message', async () => {
    await using dialog = await LocalDialog.open({ ...FINE_GRAIN, DIALOG_READ_TIMEOUT: '500ms' });
    const start = performance.now();
    using client = await TcpClient.connect(dialog.port);
    const drip = setInterval(() => client.socket.write('x'), 50);
    const end = await Promise.race([client.ended, delay(LATEST_MS, 'still open')]);
    clearInterval(drip);
    expect(end).toBe('FIN');
    expect(performance.now() - start).toBeGreaterThanOrEqual(500);
    expect(dialog.counters.dialogMessages.value).toBe(0);
    await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
  });

  it('should leave it to IDLE_TIMEOUT when it is 0s', async () => {
    await using dialog = await LocalDialog.open({ IDLE_TIMEOUT: '400ms', DIALOG_READ_TIMEOUT: '0s' });
    using client = await TcpClient.connect(dialog.port);
    const start = performance.now();
    for (let drops = 0; drops < 10; drops += 1) {
      client.socket.write('x');
      await delay(80);
    }
    expect(await client.ended).toBe('FIN');
    expect(performance.now() - start).toBeGreaterThanOrEqual(10 * 80);
    await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
  });
});

describe.concurrent('DIALOG_HOLD', () => {
  it('should keep a connection for as long, whatever the client sends, and then end it by FIN', async () => {
    await using dialog = await LocalDialog.open({
      ...FINE_GRAIN,
      DIALOG_GREETING: 'hello\\n',
      DIALOG_HOLD: '1s',
      // Shorter: it has no say while a connection is held.
      DIALOG_READ_TIMEOUT: '100ms',
    });
    const start = performance.now();
    using client = await TcpClient.connect(dialog.port);
    const chatter = setInterval(() => client.socket.write('message\tand part of one'), 50);
    const received = await client.takeAll();
    clearInterval(chatter);
    expect(received.toString()).toBe('hello\n');
    expect(await client.ended).toBe('FIN');
    expect(performance.now() - start).toBeGreaterThanOrEqual(1_000);
    expect(performance.now() - start).toBeLessThan(LATEST_MS);
    expect(dialog.counters.dialogMessages.value).toBe(0);
    await eventually(() => expect(dialog.closed).toEqual({ server: 1 }));
  });

  it('should end sooner when the client does', async () => {
    await using dialog = await LocalDialog.open({ DIALOG_GREETING: 'hello\\n', DIALOG_HOLD: '1h' });
    using client = await TcpClient.connect(dialog.port);
    await once(client.socket, 'data');
    client.socket.end();
    expect(await client.ended).toBe('FIN');
    await eventually(() => expect(dialog.closed).toEqual({ client: 1 }));
  });

  it('should hold without a greeting too', async () => {
    await using dialog = await LocalDialog.open({ ...FINE_GRAIN, DIALOG_HOLD: '300ms' });
    const start = performance.now();
    using client = await TcpClient.connect(dialog.port);
    expect((await client.takeAll()).length).toBe(0);
    expect(await client.ended).toBe('FIN');
    expect(performance.now() - start).toBeGreaterThanOrEqual(300);
    await eventually(() => expect(dialog.closed).toEqual({ server: 1 }));
  });
});
