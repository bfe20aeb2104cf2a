import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { LocalDialog } from './fixtures/local-dialog.ts';

describeTcpEngines((TCP_ENGINE) => {
  describe('DIALOG_REPLY', () => {
    it('should answer each message with its placeholders replaced', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_DELIMITER: '\\n',
        DIALOG_REPLY: '{{"n":{count},"got":"{message}","host":"{hostname}","one":{random:1-1}}}',
      });
      using client = await TcpClient.connect(dialog.port);
      client.socket.end('hello\nworld\n');
      const lines = (await client.takeAll()).toString().trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        { n: 1, got: 'hello', host: hostname(), one: 1 },
        { n: 2, got: 'world', host: hostname(), one: 1 },
      ]);
    });

    it('should count the messages of each connection separately', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, DIALOG_REPLY: '{count}' });
      using first = await TcpClient.connect(dialog.port);
      using second = await TcpClient.connect(dialog.port);
      expect(await first.ask('a\t')).toBe('1\t');
      expect(await first.ask('b\t')).toBe('2\t');
      expect(await second.ask('c\t')).toBe('1\t');
      expect(await first.ask('d\t')).toBe('3\t');
      expect(await second.ask('e\t')).toBe('2\t');
      expect(dialog.counters.messages.value).toBe(5);
    });

    it('should be the delimiter alone when it is empty', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, DIALOG_REPLY: '' });
      using client = await TcpClient.connect(dialog.port);
      client.socket.end('one\ttwo\t');
      expect((await client.takeAll()).toString()).toBe('\t\t');
    });

    it.each([
      { listen: '127.0.0.1', host: '127.0.0.1', shown: '127.0.0.1' },
      { listen: '::1', host: '::1', shown: '[::1]' },
      { listen: '::', host: '::1', shown: '[::1]' },
      { listen: '::', host: '127.0.0.1', shown: '127.0.0.1' },
    ])('should show both ends of a connection over $host to a listener on $listen', async (family) => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        HOST: family.listen,
        DIALOG_REPLY: '{remote} {local}',
      });
      using client = await TcpClient.connect(dialog.port, { host: family.host });
      const { localPort } = client.socket;
      client.socket.end('x\t');
      expect((await client.takeAll()).toString()).toBe(
        `${family.shown}:${localPort} ${family.shown}:${dialog.port}\t`,
      );
    });
  });

  describe('DIALOG_GREETING', () => {
    it('should be sent before the client sends anything', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_GREETING: '220 {hostname} sees {remote}, {count} messages so far\\r\\n',
      });
      using client = await TcpClient.connect(dialog.port);
      const { localPort } = client.socket;
      const greeting = `220 ${hostname()} sees 127.0.0.1:${localPort}, 0 messages so far\r\n`;
      expect((await client.take(greeting.length)).toString()).toBe(greeting);
      expect(await client.ask('hello\t')).toBe('server got:hello\t');
      expect(dialog.counters.messages.value).toBe(1);
    });

    it('should reach a client that has ended its side already', async () => {
      await using dialog = await LocalDialog.open({ TCP_ENGINE, DIALOG_GREETING: 'hello\\n' });
      using client = new TcpClient(dialog.port);
      client.socket.end();
      expect((await client.takeAll()).toString()).toBe('hello\n');
      expect(await client.ended).toBe('FIN');
    });

    it('should have no delimiter appended', async () => {
      await using dialog = await LocalDialog.open({
        TCP_ENGINE,
        DIALOG_GREETING: 'hello;',
        DIALOG_REPLY: '{message}',
      });
      using client = await TcpClient.connect(dialog.port);
      client.socket.end('one\t');
      expect((await client.takeAll()).toString()).toBe('hello;one\t');
    });
  });
});
