import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openEcho } from '../src/worker.ts';

describeTcpEngines((TCP_ENGINE) => {
  /** As much as the kernel buffers for a client that does not read, so that the service sees it as sent. */
  const PAYLOAD = Buffer.alloc(700 * 1024, 'echo ');
  /** Longer than a client without unread replies may take to send its FIN. */
  const LONG_MS = 20_000;
  /** From one check of the deadlines to the next, at most. */
  const TICK_MS = 100;

  // The clock is fake and moves only when a test moves it; the sockets are real.
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function openLocalEcho(env: Readonly<Record<string, string>>) {
    const local = await LocalDataPlane.open(openEcho, keys, { UDP: 'off', DIALOG_PORT: '0', ...env });
    const tcp = local.counters(listeners)['echo-tcp'];
    return {
      local,
      tcp,
      client: await TcpClient.connect(local.port, { reading: false, halfOpen: true }),
      /** Moves the clock until the connection is closed. */
      closed: () =>
        eventually(() => {
          vi.advanceTimersByTime(TICK_MS);
          expect(tcp.open.value).toBe(0);
        }),
      /** Resolves when the kernel has accepted every reply. */
      handedOver: () => eventually(() => expect(tcp.sentBytes.value).toBe(PAYLOAD.length)),
    };
  }

  it('should keep counting a client as open that has sent FIN and leaves its reply unread, until WRITE_TIMEOUT', async () => {
    const { client, closed, handedOver, local, tcp } = await openLocalEcho({
      TCP_ENGINE,
      WRITE_TIMEOUT: '1s',
    });
    await using _local = local;
    using _client = client;
    client.socket.end(PAYLOAD);
    await handedOver();
    vi.advanceTimersByTime(900);
    expect(tcp.open.value).toBe(1);
    await closed();
    client.socket.resume();
    expect(await client.ended).toBe('ECONNRESET');
    expect(tcp.closed.client.value).toBe(1);
  });

  it('should let a client that has sent FIN read for as long as it needs', async () => {
    const { client, closed, handedOver, local, tcp } = await openLocalEcho({
      TCP_ENGINE,
      WRITE_TIMEOUT: '0s',
    });
    await using _local = local;
    using _client = client;
    client.socket.end(PAYLOAD);
    await handedOver();
    vi.advanceTimersByTime(LONG_MS);
    expect(tcp.open.value).toBe(1);
    client.socket.resume();
    expect((await client.takeAll()).equals(PAYLOAD)).toBe(true);
    expect(await client.ended).toBe('FIN');
    await closed();
  });

  it('should not keep unread replies in the kernel when an idle client never sends FIN', async () => {
    const { client, closed, handedOver, local } = await openLocalEcho({
      TCP_ENGINE,
      IDLE_TIMEOUT: '300ms',
      WRITE_TIMEOUT: '300ms',
    });
    await using _local = local;
    using _client = client;
    client.socket.write(PAYLOAD);
    await handedOver();
    await closed();
    client.socket.resume();
    await client.takeAll();
    expect(await client.ended).toBe('ECONNRESET');
  });
});
