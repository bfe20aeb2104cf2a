import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

describeTcpEngines((tcpEngine) => {
  // The listener's clock stands still unless a test moves it; the sockets are real. Bytes that a client writes are at
  // once in the listener's receive buffer, but unread until the test awaits something: so they are in flight.
  const eventLoopTurn = setImmediate;
  const turn = () => new Promise((resolve) => eventLoopTurn(resolve));

  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** As `eventually`, while the listener's clock stands still. */
  async function soon(check: () => void): Promise<void> {
    for (let turns = 0; ; turns += 1) {
      try {
        check();
        return;
      } catch (error) {
        if (turns > 10_000) throw error;
      }
      await turn();
    }
  }

  it('should end an idle connection by FIN, and count it under drain', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port);
    await client.ask('ping');
    const drained = local.listener.drain(10_000);
    vi.advanceTimersByTime(1_500);
    expect(await client.ended).toBe('FIN');
    await drained;
    expect(local.counters.closed.drain.value).toBe(1);
    expect(local.counters.open.value).toBe(0);
    expect(local.connectionLimit.total).toBe(0);
  });

  it('should wait for the next request of a connection, and end it after the reply', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port);
    await client.ask('ping');
    vi.advanceTimersByTime(900);
    const drained = local.listener.drain(10_000);
    // The client sends a request per second; the next is due 100 ms after the drain began.
    vi.advanceTimersByTime(100);
    await turn();
    expect(client.socket.readableEnded).toBe(false);
    expect(await client.ask('ping')).toBe('ping');
    vi.advanceTimersByTime(300);
    expect(await client.ended).toBe('FIN');
    await drained;
  });

  it('should not end a connection at once that had traffic just before the drain', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port);
    // Between two ticks of the coarse clock: by that clock the last traffic is half a second old.
    vi.advanceTimersByTime(499);
    await client.ask('just now');
    const drained = local.listener.drain(10_000);
    client.socket.write('under way');
    vi.advanceTimersByTime(25);
    expect((await client.take(9)).toString()).toBe('under way');
    vi.advanceTimersByTime(300);
    expect(await client.ended).toBe('FIN');
    await drained;
  });

  it('should not end a connection after a short pause', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port);
    const drained = local.listener.drain(10_000);
    vi.advanceTimersByTime(49);
    await client.ask('ping');
    vi.advanceTimersByTime(200);
    client.socket.write('under way');
    vi.advanceTimersByTime(1);
    expect((await client.take(9)).toString()).toBe('under way');
    vi.advanceTimersByTime(300);
    expect(await client.ended).toBe('FIN');
    await drained;
  });

  it('should not end a connection that was silent only because this thread was stalled', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port);
    await client.ask('ping');
    const drained = local.listener.drain(10_000);
    client.socket.write('under way');
    // All the time passes at once, as in a stall: the event loop runs its timers before it reads its sockets.
    await turn();
    vi.advanceTimersByTime(5_000);
    expect((await client.take(9)).toString()).toBe('under way');
    vi.advanceTimersByTime(300);
    expect(await client.ended).toBe('FIN');
    await drained;
  });

  it('should end a connection that is never quiet after a reply, so that no byte is lost', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port);
    const drained = local.listener.drain(1_000);
    let asked = 0;
    for (let elapsed = 0; elapsed < 790; elapsed += 10) {
      asked += 4;
      expect(await client.ask('ping')).toBe('ping');
      vi.advanceTimersByTime(10);
    }
    // The share of the drain that waits for a quiet moment is over.
    vi.advanceTimersByTime(10);
    await turn();
    await turn();
    asked += 4;
    expect(await client.ask('last')).toBe('last');
    expect(await client.ended).toBe('FIN');
    expect(client.receivedBytes).toBe(asked);
    await drained;
    expect(local.counters.closed.drain.value).toBe(1);
  });

  it('should send pending bytes before the FIN, and read on', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port, { reading: false });
    const payload = Buffer.alloc(16 * 1024 * 1024, 'pending bytes ');
    client.socket.write(payload);
    await soon(() => expect(local.connections[0]?.pendingBytes).toBeGreaterThan(0));
    const drained = local.listener.drain(10_000);
    vi.advanceTimersByTime(1_000);
    client.socket.resume();
    await soon(() => expect(client.receivedBytes).toBe(payload.length));
    vi.advanceTimersByTime(300);
    expect((await client.takeAll()).equals(payload)).toBe(true);
    expect(await client.ended).toBe('FIN');
    // The next step of the drain shows whether all of it was read.
    await soon(() => {
      vi.advanceTimersByTime(25);
      expect(local.counters.open.value).toBe(0);
    });
    await drained;
  });

  it('should destroy what is left at the deadline and count it under drain', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using stubborn = await TcpClient.connect(local.port, { halfOpen: true });
    await stubborn.ask('ping');
    using refusing = await TcpClient.connect(local.port, { reading: false });
    refusing.socket.write(Buffer.alloc(16 * 1024 * 1024));
    await soon(() => expect(local.connections[1]?.pendingBytes).toBeGreaterThan(0));

    const drained = local.listener.drain(2_000);
    vi.advanceTimersByTime(1_999);
    expect(await stubborn.ended).toBe('FIN');
    expect(local.counters.open.value).toBe(2);
    vi.advanceTimersByTime(1);
    await drained;
    expect(local.counters.closed.drain.value).toBe(2);
    expect(local.counters.open.value).toBe(0);
  });

  it('should refuse new connections once the drain has begun', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    using client = await TcpClient.connect(local.port, { halfOpen: true });
    await client.ask('ping');
    const drained = local.listener.drain(1_000);
    // Connections in the accept queue are still served.
    for (let turns = 0; turns < 20; turns += 1) await turn();
    using late = new TcpClient(local.port);
    expect(await late.ended).toBe('ECONNREFUSED');
    vi.advanceTimersByTime(1_000);
    await drained;
  });

  it('should end at once when there is no connection', async () => {
    vi.useRealTimers();
    await using local = await LocalListener.open({ tcpEngine });
    await local.listener.drain(10_000);
    expect(local.counters.accepted.value).toBe(0);
    await eventually(() => expect(local.connectionLimit.total).toBe(0));
  });
});
