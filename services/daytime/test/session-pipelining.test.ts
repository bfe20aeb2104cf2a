import { type FormatName, formats } from '@echo-daytime/daytime-format';
import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { LocalSession, lineOf } from './fixtures/local-session.ts';

describeTcpEngines((tcpEngine) => {
  const KIB = 1024;
  /**
   * Unsent bytes that one connection may hold for a client that does not read: one batch of replies and the stream's own
   * buffer. The replies to 64 KiB of `help` are 8 MiB.
   */
  const UNSENT_BOUND = 256 * KIB;

  it('should answer every request that is sent before the first reply is read', async () => {
    const count = 20_000;
    await using session = await LocalSession.open({}, { tcpEngine });
    using client = await TcpClient.connect(session.local.port, { reading: false });
    const asked = Array.from({ length: count }, (_, index): FormatName => formats[index % formats.length]!);
    client.socket.end(asked.map((format) => `${format}\n`).join(''));
    client.socket.resume();
    expect(String(await client.takeAll()) === asked.map(lineOf).join('')).toBe(true);
    expect(await client.ended).toBe('FIN');
    expect(session.made).toEqual(asked);
    await session.local.holding(0);
    expect(session.local.closed).toEqual({ client: 1 });
  });

  it('should buffer little for a client that requests help thousands of times and does not read', async () => {
    await using session = await LocalSession.open({}, { tcpEngine });
    let helpBytes = 0;
    {
      using first = await session.connect();
      first.socket.end('help\n');
      helpBytes = (await first.takeAll()).length;
    }
    using client = await TcpClient.connect(session.local.port, { reading: false });
    // The replies are more than the send and receive buffers hold: tcp_wmem and tcp_rmem are a few MiB.
    const requests = 64 * KIB;
    client.socket.write('help\n'.repeat(requests));
    const connection = await eventually(() => {
      const [, second] = session.local.connections;
      expect(second?.pendingBytes).toBeGreaterThan(0);
      return second!;
    });
    const { receivedBytes, sentBytes } = session.local.counters;
    expect(connection.pendingBytes).toBeLessThan(UNSENT_BOUND);
    // The listener stops reading too.
    expect(receivedBytes.value).toBeLessThan(1024 * KIB);
    expect(sentBytes.value).toBeLessThan(requests * helpBytes);

    client.socket.end();
    let largest = 0;
    client.socket.on('data', () => {
      largest = Math.max(largest, connection.pendingBytes);
    });
    client.socket.resume();
    const received = (await client.takeAll()).length;
    // A machine that pauses in the middle of a request makes a quiet gap, which gives two lines instead of one help.
    const lines = session.made.length;
    expect(received).toBe((requests - lines / 2) * helpBytes + lines * lineOf('rfc867').length);
    expect(await client.ended).toBe('FIN');
    expect(largest).toBeLessThan(UNSENT_BOUND);
  });

  it('should close a client that does not read its replies after WRITE_TIMEOUT, and drop its requests', async () => {
    await using session = await LocalSession.open({}, { tcpEngine, writeTimeout: 300 });
    using client = await TcpClient.connect(session.local.port, { reading: false });
    client.socket.write('help\n'.repeat(64 * KIB));
    await eventually(() => expect(session.local.closed).toEqual({ write_timeout: 1 }));
    await session.local.holding(0);
  });

  it('should report a request that is too long after the replies to earlier requests', async () => {
    const count = 5_000;
    await using session = await LocalSession.open({}, { tcpEngine });
    using client = await TcpClient.connect(session.local.port, { reading: false });
    client.socket.write(`${'timestamp\n'.repeat(count)}${'x'.repeat(1_000)}`);
    await eventually(() => expect(session.made.length).toBeGreaterThan(0));
    client.socket.resume();
    const answer = String(await client.takeAll());
    expect(answer.slice(0, count * 13)).toBe(lineOf('timestamp').repeat(count));
    expect(answer.slice(count * 13)).toMatch(/^error: request longer than 128 bytes/);
    expect(await client.ended).toBe('FIN');
    await session.local.holding(0);
    expect(session.local.closed).toEqual({ protocol: 1 });
  });
});
