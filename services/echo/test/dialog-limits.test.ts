import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { LocalDialog } from './fixtures/local-dialog.ts';

describeTcpEngines((TCP_ENGINE) => {
  const MIB = 1024 * 1024;

  describe('DIALOG_MAX_MESSAGE', () => {
    it.each([
      { delimiter: '\\t', bytes: '\t' },
      { delimiter: '\\r\\n', bytes: '\r\n' },
    ])('should take a message of that length with $delimiter and refuse one byte more', async (each) => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_DELIMITER: each.delimiter,
        DIALOG_MAX_MESSAGE: '1KiB',
      });
      using client = await TcpClient.connect(dialog.port);
      const longest = 'x'.repeat(1_024);
      expect(await client.ask(longest + each.bytes)).toBe(`server got:${longest}${each.bytes}`);
      // No delimiter: the length alone shows that the message is too long.
      client.socket.write(`${longest}x`);
      expect((await client.takeAll()).toString()).toBe(`error: message longer than 1024 bytes${each.bytes}`);
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ protocol: 1 }));
      expect(dialog.counters.messages.value).toBe(1);
    });

    it('should answer the messages before a message that is too long, and none after it', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, DIALOG_MAX_MESSAGE: '4' });
      using client = await TcpClient.connect(dialog.port);
      client.socket.write('one\ttwo\tthree\tfour\t');
      expect((await client.takeAll()).toString()).toBe(
        'server got:one\tserver got:two\terror: message longer than 4 bytes\t',
      );
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ protocol: 1 }));
      expect(dialog.counters.messages.value).toBe(2);
    });

    it('should send the error to a client that goes on sending, and not lose it in a reset', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE });
      using client = await TcpClient.connect(dialog.port);
      client.socket.write(Buffer.alloc(4 * MIB, 'x'));
      expect((await client.takeAll()).toString()).toBe('error: message longer than 2048 bytes\t');
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ protocol: 1 }));
      expect(dialog.counters.receivedBytes.value).toBe(4 * MIB);
    });

    it('should hold for a message that ends with FIN', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_DELIMITER: '\\r\\n',
        DIALOG_MAX_MESSAGE: '4',
      });
      using client = await TcpClient.connect(dialog.port);
      // The last byte could have been the beginning of the delimiter.
      client.socket.end('four\r');
      expect((await client.takeAll()).toString()).toBe('error: message longer than 4 bytes\r\n');
      expect(await client.ended).toBe('FIN');
      expect(dialog.counters.messages.value).toBe(0);
    });

    it('should hold for a chunk where there is no delimiter', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_DELIMITER: '',
        DIALOG_MAX_MESSAGE: '4',
      });
      using client = await TcpClient.connect(dialog.port);
      client.socket.write('three');
      expect((await client.takeAll()).toString()).toBe('error: message longer than 4 bytes');
      expect(await client.ended).toBe('FIN');
      await eventually(() => expect(dialog.closed).toEqual({ protocol: 1 }));
    });
  });

  describe('a client that does not read', () => {
    const message = `${'x'.repeat(1_023)}\t`;
    const count = 16 * 1_024;
    /** Made before a client connects, because deadlines run while this process builds it. */
    const all = Buffer.from(message.repeat(count));

    it('should stop being read, and get every reply when it reads', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        IDLE_TIMEOUT: '100ms',
        DIALOG_READ_TIMEOUT: '300ms',
        DIALOG_REPLY: '{count}:{message}',
      });
      const { messages, receivedBytes, sentBytes } = dialog.counters;
      using client = await TcpClient.connect(dialog.port, { reading: false });
      const allTaken = new Promise<void>((resolve) => client.socket.end(all, resolve));
      await eventually(() => expect(dialog.connections[0]?.pendingBytes).toBeGreaterThan(0));

      // Its deadlines must not run while replies are unsent. Another client shows when they would be over.
      await using other = await LocalDialog.open({
        TCP_ENGINE,
        IDLE_TIMEOUT: '100ms',
        DIALOG_READ_TIMEOUT: '600ms',
      });
      using silent = await TcpClient.connect(other.port);
      expect(await silent.ended).toBe('FIN');
      expect(dialog.closed).toEqual({});
      expect(receivedBytes.value).toBeLessThan(count * message.length);
      expect(dialog.connections[0]?.pendingBytes).toBeLessThan(MIB);

      client.socket.resume();
      const answers = (await client.takeAll()).toString().split('\t');
      expect(await client.ended).toBe('FIN');
      await allTaken;
      expect(answers.length).toBe(count + 1);
      const wrong = answers.findIndex((answer, index) => answer !== `${index + 1}:${message.slice(0, -1)}`);
      expect(wrong).toBe(count);
      await eventually(() => expect(dialog.closed).toEqual({ client: 1 }));
      expect(messages.value).toBe(count);
      expect(receivedBytes.value).toBe(count * message.length);
      expect(sentBytes.value).toBe(client.receivedBytes);
    });

    it('should not cause more replies than it reads, however short its messages are', async () => {
      const messages = 4 * 64 * 1_024;
      await using dialog = await LocalDialog.open({ TCP_ENGINE, DIALOG_REPLY: `{count}${'x'.repeat(200)}` });
      using client = await TcpClient.connect(dialog.port, { reading: false });
      client.socket.end(Buffer.alloc(messages, '\t'));
      await eventually(() => expect(dialog.connections[0]?.pendingBytes).toBeGreaterThan(0));
      expect(dialog.connections[0]?.pendingBytes).toBeLessThan(MIB);
      client.socket.resume();
      const answers = (await client.takeAll()).toString().split('\t');
      expect(await client.ended).toBe('FIN');
      expect(answers.length).toBe(messages + 1);
      expect(answers.at(-2)).toBe(`${messages}${'x'.repeat(200)}`);
      expect(dialog.counters.messages.value).toBe(messages);
    });

    it('should be closed after WRITE_TIMEOUT', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, WRITE_TIMEOUT: '300ms' });
      using client = await TcpClient.connect(dialog.port, { reading: false });
      client.socket.write(message.repeat(count));
      expect(['ECONNRESET', 'EPIPE']).toContain(await client.ended);
      await eventually(() => expect(dialog.closed).toEqual({ write_timeout: 1 }));
      expect(dialog.imbalance).toBe(0);
    });
  });
});
