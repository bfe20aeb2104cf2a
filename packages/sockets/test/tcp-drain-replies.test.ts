import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import type { TcpProtocol } from '../src/tcp/connection.ts';

describeTcpEngines((tcpEngine) => {
  // The listener's clock stands still unless a test moves it; the sockets are real.
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const PAUSE_MS = 10;
  const DRAIN_MS = 1_000;
  /** From this time on the drain ends each connection with its next reply. */
  const BUSY_SHARE_MS = 800;

  /** Replies to a word at its full stop, or after a pause. */
  const words: TcpProtocol = (connection) => {
    let word = '';
    let pause: NodeJS.Timeout | undefined;
    const reply = (): void => {
      connection.write(Buffer.from(`<${word}>`));
      word = '';
    };
    return {
      data(chunk) {
        clearTimeout(pause);
        word += chunk.toString();
        if (word.endsWith('.')) reply();
        else pause = setTimeout(reply, PAUSE_MS);
      },
      end: () => connection.end(),
    };
  };

  /** Starts a drain and keeps the connection busy until the drain waits for its next reply. */
  async function drainBusily(local: LocalListener, client: TcpClient): Promise<{ drained: Promise<void> }> {
    const drained = local.listener.drain(DRAIN_MS);
    for (let elapsed = 0; elapsed < BUSY_SHARE_MS; elapsed += 10) {
      client.socket.write('a.');
      expect(String(await client.take(4))).toBe('<a.>');
      vi.advanceTimersByTime(10);
    }
    return { drained };
  }

  it.each([
    ['when the message is complete', ['la', 'st.'], '<last.>'],
    ['after a pause', ['la', 'st'], '<last>'],
  ] as const)('should end a busy connection after a reply, not within a request: %s', async (...row) => {
    const [, parts, reply] = row;
    await using local = await LocalListener.open({ tcpEngine }, words);
    using client = await TcpClient.connect(local.port);
    const { drained } = await drainBusily(local, client);
    for (const part of parts) {
      const before = local.counters.receivedBytes.value;
      client.socket.write(part);
      await local.received(before + part.length);
    }
    vi.advanceTimersByTime(PAUSE_MS);
    expect(String(await client.takeAll())).toBe(reply);
    expect(await client.ended).toBe('FIN');
    await drained;
    expect(local.closed).toEqual({ drain: 1 });
  });
});
