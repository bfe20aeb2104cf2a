import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { LocalDialog } from './fixtures/local-dialog.ts';

describeTcpEngines((TCP_ENGINE) => {
  /** All replies to a client that sends these bytes and then FIN. */
  async function answersTo(port: number, bytes: Uint8Array | string): Promise<string> {
    using client = await TcpClient.connect(port);
    client.socket.end(bytes);
    const answers = await client.takeAll();
    expect(await client.ended).toBe('FIN');
    return answers.toString();
  }

  describe('messages with a delimiter', () => {
    it('should be answered one by one, and several at a time in their order', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE });
      using client = await TcpClient.connect(dialog.port);
      expect(await client.ask('hello\t')).toBe('server got:hello\t');
      client.socket.write('one\ttwo\tthree\t');
      const answers = 'server got:one\tserver got:two\tserver got:three\t';
      expect((await client.take(answers.length)).toString()).toBe(answers);
    });

    it.each([
      { written: '\\t', bytes: '\t' },
      { written: '\\r\\n', bytes: '\r\n' },
      { written: '\\x1e', bytes: '\x1e' },
      { written: '\\0', bytes: '\0' },
      { written: '\\x00\\x01\\n\\\\', bytes: '\0\x01\n\\' },
      { written: '→', bytes: '→' },
      { written: 'END', bytes: 'END' },
    ])('should end with $written, and so should the replies', async ({ written, bytes }) => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, DIALOG_DELIMITER: written });
      expect(await answersTo(dialog.port, `one${bytes}two${bytes}`)).toBe(
        `server got:one${bytes}server got:two${bytes}`,
      );
    });

    it('should be found wherever the stream is cut, in a character or in the delimiter too', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, DIALOG_DELIMITER: '\\r\\n' });
      const stream = Buffer.from('größe\r\n€ 😀\r\n\r\nlast\r\n');
      const answers = 'server got:größe\r\nserver got:€ 😀\r\nserver got:\r\nserver got:last\r\n';
      for (let at = 1; at < stream.length; at += 1) {
        using client = await TcpClient.connect(dialog.port);
        await dialog.feed(client, [stream.subarray(0, at), stream.subarray(at)]);
        client.socket.end();
        expect((await client.takeAll()).toString()).toBe(answers);
      }
      using client = await TcpClient.connect(dialog.port);
      await dialog.feed(
        client,
        Array.from(stream, (byte) => Buffer.from([byte])),
      );
      client.socket.end();
      expect((await client.takeAll()).toString()).toBe(answers);
      expect(dialog.counters.messages.value).toBe(4 * stream.length);
    });

    it('should come back byte for byte, whatever the bytes', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_DELIMITER: '\\x00',
        DIALOG_REPLY: '{message}',
      });
      const message = randomBytes(2_048).map((byte) => byte || 1);
      const stream = Buffer.concat([message, Buffer.from([0])]);
      using client = await TcpClient.connect(dialog.port);
      client.socket.end(stream);
      expect((await client.takeAll()).equals(stream)).toBe(true);
    });

    it('should count as messages when they are empty', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE });
      expect(await answersTo(dialog.port, '\t\t\t')).toBe('server got:\t'.repeat(3));
      expect(dialog.counters.messages.value).toBe(3);
    });

    it('should count as a message when FIN takes the place of the last delimiter', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE });
      expect(await answersTo(dialog.port, 'one\ttwo')).toBe('server got:one\tserver got:two\t');
      expect(await answersTo(dialog.port, '')).toBe('');
      expect(dialog.counters.messages.value).toBe(2);
      expect(dialog.closed).toEqual({ client: 2 });
    });
  });

  describe('messages without a delimiter', () => {
    it('should be the chunks that the listener reads', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_DELIMITER: '',
        DIALOG_REPLY: '<{message}>',
      });
      using client = await TcpClient.connect(dialog.port);
      await dialog.feed(
        client,
        ['one', 'two\t', '\n'].map((text) => Buffer.from(text)),
      );
      client.socket.end();
      expect((await client.takeAll()).toString()).toBe('<one><two\t><\n>');
      expect(dialog.counters.messages.value).toBe(3);
    });
  });
});
