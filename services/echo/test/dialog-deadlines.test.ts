import { once } from 'node:events';
import type { TcpConnection } from '@echo-daytime/sockets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { LocalDialog } from './fixtures/local-dialog.ts';

describeTcpEngines((TCP_ENGINE) => {
  /** A listener checks its deadlines ten times within its shortest timeout. */
  const FINE_GRAIN = { IDLE_TIMEOUT: '100ms' };
  const GRAIN_MS = 10;

  // The clock is fake and moves only when a test moves it; the sockets are real.
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function accepted(dialog: LocalDialog): Promise<TcpConnection> {
    await eventually(() => expect(dialog.connections).toHaveLength(1));
    return dialog.connections[0]!;
  }

  /** Moves the clock past a deadline. The connection must end there, and not earlier. */
  function pass(deadlineMs: number, connection: TcpConnection): void {
    vi.advanceTimersByTime(deadlineMs - GRAIN_MS);
    expect(connection.isOpen).toBe(true);
    vi.advanceTimersByTime(2 * GRAIN_MS);
    expect(connection.isOpen).toBe(false);
  }

  describe('DIALOG_READ_TIMEOUT', () => {
    it('should close a client that sends no message, by FIN', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        ...FINE_GRAIN,
        DIALOG_READ_TIMEOUT: '500ms',
      });
      using silent = await TcpClient.connect(dialog.port);
      pass(500, await accepted(dialog));
      expect((await silent.takeAll()).toString()).toBe('');
      expect(await silent.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
    });

    it('should restart with each message', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, ...FINE_GRAIN, DIALOG_READ_TIMEOUT: '1s' });
      using client = await TcpClient.connect(dialog.port);
      const connection = await accepted(dialog);
      for (let messages = 0; messages < 5; messages += 1) {
        expect(await client.ask('tick\t')).toBe('server got:tick\t');
        vi.advanceTimersByTime(1_000 - GRAIN_MS);
        expect(connection.isOpen).toBe(true);
      }
      expect(await client.ask('last\t')).toBe('server got:last\t');
      pass(1_000, connection);
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
    });

    it('should not restart with bytes that complete no message', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        ...FINE_GRAIN,
        DIALOG_READ_TIMEOUT: '500ms',
      });
      using client = await TcpClient.connect(dialog.port);
      const connection = await accepted(dialog);
      for (let drops = 0; drops < 4; drops += 1) {
        await dialog.feed(client, [Buffer.from('x')]);
        vi.advanceTimersByTime(100);
      }
      pass(100, connection);
      expect(await client.ended).toBe('FIN');
      expect(dialog.counters.messages.value).toBe(0);
      await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
    });

    it('should leave the end to IDLE_TIMEOUT when it is 0s', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, ...FINE_GRAIN, DIALOG_READ_TIMEOUT: '0s' });
      using client = await TcpClient.connect(dialog.port);
      const connection = await accepted(dialog);
      for (let drops = 0; drops < 10; drops += 1) {
        vi.advanceTimersByTime(100 - GRAIN_MS);
        await dialog.feed(client, [Buffer.from('x')]);
      }
      pass(100, connection);
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ idle: 1 }));
    });
  });

  describe('DIALOG_HOLD', () => {
    it('should keep a connection that long, whatever the client sends, and then end it by FIN', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        ...FINE_GRAIN,
        DIALOG_GREETING: 'hello\\n',
        DIALOG_HOLD: '1s',
        // Shorter, to show that it does not apply while a connection is held.
        DIALOG_READ_TIMEOUT: '100ms',
      });
      using client = await TcpClient.connect(dialog.port);
      const connection = await accepted(dialog);
      for (let messages = 0; messages < 4; messages += 1) {
        await dialog.feed(client, [Buffer.from('message\tand part of one')]);
        vi.advanceTimersByTime(200);
      }
      pass(200, connection);
      expect((await client.takeAll()).toString()).toBe('hello\n');
      expect(await client.ended).toBe('FIN');
      expect(dialog.counters.messages.value).toBe(0);
      await eventually(() => expect(dialog.closed).toEqual({ server: 1 }));
    });

    it('should end sooner when the client does', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_GREETING: 'hello\\n',
        DIALOG_HOLD: '1h',
      });
      using client = await TcpClient.connect(dialog.port);
      await once(client.socket, 'data');
      client.socket.end();
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ client: 1 }));
    });

    it('should hold without a greeting too', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, ...FINE_GRAIN, DIALOG_HOLD: '300ms' });
      using client = await TcpClient.connect(dialog.port);
      pass(300, await accepted(dialog));
      expect((await client.takeAll()).length).toBe(0);
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ server: 1 }));
    });
  });
});
