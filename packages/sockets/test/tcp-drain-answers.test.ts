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
  /** From here on each connection is ended with its next answer. */
  const BUSY_SHARE_MS = 800;

  /** Answers a word at its full stop, or after a pause. */
  const words: TcpProtocol = (connection) => {
    let word = '';
    let pause: NodeJS.Timeout | undefined;
    const answer = (): void => {
      connection.write(Buffer.from(`<${word}>`));
      word = '';
    };
    return {
      data(chunk) {
        clearTimeout(pause);
        word += chunk.toString();
        if (word.endsWith('.')) answer();
        else pause = setTimeout(answer, PAUSE_MS);
      },
      end: () => connection.end(),
    };
  };

  /** Begins a drain and keeps the connection busy until the drain waits for an answer to end it. */
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
    ['when it is whole', ['la', 'st.'], '<last.>'],
    ['after a pause', ['la', 'st'], '<last>'],
  ] as const)('should end a busy connection by an answer, not by a part of a message: %s', async (...row) => {
    const [, parts, answer] = row;
    await using local = await LocalListener.open({ tcpEngine }, words);
    using client = await TcpClient.connect(local.port);
    const { drained } = await drainBusily(local, client);
    for (const part of parts) {
      const before = local.counters.receivedBytes.value;
      client.socket.write(part);
      await local.received(before + part.length);
    }
    vi.advanceTimersByTime(PAUSE_MS);
    expect(String(await client.takeAll())).toBe(answer);
    expect(await client.ended).toBe('FIN');
    await drained;
    expect(local.closed).toEqual({ drain: 1 });
  });
});
