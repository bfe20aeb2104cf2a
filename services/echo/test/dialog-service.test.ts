import { ConfigError, listenerProblems, readConfig } from '@echo-daytime/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

describeTcpEngines((TCP_ENGINE) => {
  const GREETING = 'hello\n';
  const labels = { listener: 'dialog-tcp' };

  describe('echo with a dialog listener beside it', () => {
    let echo: ServiceProcess;
    let dialogPort: number;
    beforeAll(async () => {
      dialogPort = await freePort();
      echo = await ServiceProcess.start('echo', {
        TCP_ENGINE,
        DIALOG_PORT: `${dialogPort}`,
        DIALOG_DELIMITER: '\\n',
        DIALOG_GREETING: 'hello\\n',
        DIALOG_READ_TIMEOUT: '300ms',
        DIALOG_MAX_MESSAGE: '16',
      });
    });
    afterAll(async () => {
      await echo[Symbol.asyncDispose]();
    });

    it.each(['127.0.0.1', '::1'])('should serve dialogs on DIALOG_PORT on %s', async (host) => {
      expect(echo.port('dialog-tcp')).toBe(dialogPort);
      using client = await TcpClient.connect(dialogPort, { host });
      client.socket.end('one\ntwo\n');
      expect((await client.takeAll()).toString()).toBe(`${GREETING}server got:one\nserver got:two\n`);
      expect(await client.ended).toBe('FIN');
    });

    it('should count dialogs separately and completely', async () => {
      // The clients of other tests are counted as closed a little after their FIN.
      const before = await eventually(async () => {
        const metrics = await echo.metrics();
        expect(metrics.value('l4_tcp_connections_open', labels)).toBe(0);
        return metrics;
      });
      using polite = await TcpClient.connect(dialogPort);
      using lengthy = await TcpClient.connect(dialogPort);
      using silent = await TcpClient.connect(dialogPort);
      polite.socket.end('one\ntwo\nthree');
      lengthy.socket.write(`one\n${'x'.repeat(17)}\n`);
      expect(await Promise.all([polite.ended, lengthy.ended, silent.ended])).toEqual(['FIN', 'FIN', 'FIN']);
      const sent = [polite, lengthy, silent].reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
      await eventually(async () => {
        const after = await echo.metrics();
        const added = (name: string, more: Readonly<Record<string, string>> = {}): number =>
          after.value(name, { ...labels, ...more }) - before.value(name, { ...labels, ...more });
        expect(added('l4_dialog_messages_total')).toBe(4);
        expect(added('l4_tcp_connections_accepted_total')).toBe(3);
        for (const reason of ['client', 'protocol', 'idle']) {
          expect(added('l4_tcp_connections_closed_total', { reason })).toBe(1);
        }
        expect(added('l4_tcp_received_bytes_total')).toBe('one\ntwo\nthree'.length + 'one\n'.length + 18);
        expect(added('l4_tcp_sent_bytes_total')).toBe(sent);
        expect(after.value('l4_tcp_connections_open', labels)).toBe(0);
        expect(tcpImbalance(after, 'dialog-tcp')).toBe(0);
      });
    });

    it('should still be plain echo on PORT: no greeting, no messages, no limit, no read deadline', async () => {
      using client = await TcpClient.connect(echo.port('echo-tcp'));
      using silent = await TcpClient.connect(dialogPort);
      expect(await silent.ended).toBe('FIN');
      const text = `one\ntwo\n${'x'.repeat(10_000)}`;
      expect(await client.ask(text)).toBe(text);
      client.socket.end();
      expect(await client.takeAll()).toEqual(Buffer.alloc(0));
    });
  });

  it('should serve dialogs alone with TCP=off and UDP=off, and end them in a drain by FIN', async () => {
    await using echo = await openLocalEcho({
      TCP_ENGINE,
      TCP: 'off',
      UDP: 'off',
      DIALOG_PORT: `${await freePort()}`,
      DIALOG_HOLD: '1h',
    });
    expect(() => echo.portOf('echo-tcp')).toThrow('no listener echo-tcp');
    using held = await TcpClient.connect(echo.portOf('dialog-tcp'));
    await eventually(() => expect(echo.metrics().value('l4_tcp_connections_open', labels)).toBe(1));
    const drained = echo.drain(30_000);
    expect(await held.ended).toBe('FIN');
    await drained;
  });

  it('should have no dialog listener with DIALOG_PORT=0, only its metrics at 0', async () => {
    await using echo = await openLocalEcho({ TCP_ENGINE, DIALOG_PORT: '0' });
    expect(() => echo.portOf('dialog-tcp')).toThrow('no listener dialog-tcp');
    const metrics = echo.metrics();
    expect(metrics.value('l4_dialog_messages_total', labels)).toBe(0);
    expect(metrics.value('l4_tcp_connections_accepted_total', labels)).toBe(0);
  });

  it('should allow several workers without a dialog listener', () => {
    expect(problemsOf({ PORT: '7007', DIALOG_PORT: '0', WORKERS: '2' })).toEqual([]);
  });

  /** What is wrong with a configuration. */
  function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
    try {
      readConfig(keys, { env, args: [] }, (config) => listenerProblems(listeners, config));
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems.toSorted();
    }
  }

  const ESCAPES = `the escapes are \\0 \\a \\b \\t \\n \\v \\f \\r \\e \\\\ \\' \\" and \\xHH`;
  const GREETING_PLACEHOLDERS = '{random:0-99} {count} {remote} {local} {hostname} {time}';
  const PLACEHOLDERS = `{message} ${GREETING_PLACEHOLDERS}`;

  describe('a bad configuration', () => {
    it('should be refused with every problem, its key and what is allowed', () => {
      const problems = problemsOf({
        DIALOG_DELIMITER: '\\q',
        DIALOG_REPLY: 'got {mesage}',
        DIALOG_GREETING: 'you said {message}',
        DIALOG_HOLD: 'long',
        DIALOG_READ_TIMEOUT: '2',
        DIALOG_MAX_MESSAGE: '17MiB',
        DIALOG_PORT: '70000',
      });
      expect(problems).toEqual(
        [
          `DIALOG_DELIMITER="\\\\q" must not hold \\q: ${ESCAPES}`,
          `DIALOG_REPLY="got {mesage}" must not hold {mesage}: the placeholders are ${PLACEHOLDERS}`,
          `DIALOG_GREETING="you said {message}" must not hold {message}: the placeholders are ${GREETING_PLACEHOLDERS}`,
          'DIALOG_HOLD="long" must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days',
          'DIALOG_READ_TIMEOUT="2" must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days',
          'DIALOG_MAX_MESSAGE="17MiB" must be a size such as 128, 64KiB or 1MiB, from 1 to 16777216 bytes',
          'DIALOG_PORT="70000" must be a port from 0 to 65535 (0 = off)',
        ].sort(),
      );
    });

    it('should be refused for braces and escapes in templates too', () => {
      expect(problemsOf({ DIALOG_REPLY: '{message', DIALOG_GREETING: '{count}\\d' })).toEqual([
        `DIALOG_GREETING="{count}\\\\d" must not hold \\d: ${ESCAPES}`,
        'DIALOG_REPLY="{message" must pair its braces; write {{ for a single {',
      ]);
    });

    it('should be refused when two listeners share a TCP port', () => {
      // Several workers share ports: the kernel would hand each connection to either listener.
      expect(problemsOf({ PORT: '7008', DIALOG_PORT: '7008', WORKERS: '2' })).toEqual([
        'PORT=7008 and DIALOG_PORT=7008 are one TCP port for two listeners; give each its own, or set DIALOG_PORT=0 or TCP=off',
      ]);
    });

    it('should be refused when two listeners share a UDP port', () => {
      expect(problemsOf({ PORT: '7862', WORKERS: '2' })).toEqual([
        'PORT=7862 and STAMP_PORT=7862 are one UDP port for two listeners; give each its own, or set STAMP_PORT=0 or UDP=off',
      ]);
    });

    it('should be refused when it leaves nothing to serve', () => {
      expect(problemsOf({ TCP: 'off', UDP: 'off', DIALOG_PORT: '0', STAMP_PORT: '0' })).toEqual([
        'TCP=off, UDP=off, DIALOG_PORT=0 and STAMP_PORT=0 leave nothing to serve; switch one of them on',
      ]);
    });
  });
});
