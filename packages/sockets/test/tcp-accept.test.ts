import { connect, type Socket } from 'node:net';
import { EpollLoop } from '@echo-daytime/linux';
import { OpenDescriptors } from '@echo-daytime/worker';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { EpollAcceptor } from '../src/tcp/epoll-acceptor.ts';
import type { TcpTransport } from '../src/tcp/transport.ts';

const NUM_CLIENTS = 150;
/** The epoll loop accepts 16 at a time, and may do so a few times in one turn of Node's event loop. */
const MAX_PER_TURN = 64;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Connects NUM_CLIENTS at once. @returns how many connections each turn of the event loop accepted */
async function acceptedPerTurn(local: LocalListener): Promise<number[]> {
  const sockets: Socket[] = [];
  try {
    for (let index = 0; index < NUM_CLIENTS; index += 1) {
      sockets.push(connect({ port: local.port, host: '127.0.0.1' }).on('error', () => {}));
    }
    const turns: number[] = [];
    for (let before = 0; before < NUM_CLIENTS; before = local.connectionLimit.total) {
      await new Promise((resolve) => setImmediate(resolve));
      if (local.connectionLimit.total > before) turns.push(local.connectionLimit.total - before);
    }
    return turns;
  } finally {
    for (const socket of sockets) socket.destroy();
    await local.holding(0);
  }
}

async function loopOfThisThread(): Promise<EpollLoop> {
  const loop = await EpollLoop.open();
  if ('reason' in loop) throw new Error(loop.reason);
  return loop;
}

describe('accepting', () => {
  it('should take dozens of new connections per turn, but not all before the open ones', async () => {
    await using local = await LocalListener.open({
      maxConnections: NUM_CLIENTS,
      maxConnectionsPerSource: NUM_CLIENTS,
    });
    const turns = await acceptedPerTurn(local);
    expect(Math.max(...turns)).toBeLessThanOrEqual(MAX_PER_TURN);
    expect(turns.length).toBeLessThan(NUM_CLIENTS / 4);
  });

  it('should lose one connection, not the thread, when the kernel can not watch it', async () => {
    await using local = await LocalListener.open();
    const loop = await loopOfThisThread();
    vi.spyOn(loop, 'watch').mockImplementationOnce(() => {
      throw Object.assign(new Error('epoll_ctl ENOSPC'), { code: 'ENOSPC' });
    });
    using unwatched = await TcpClient.connect(local.port);
    expect(await unwatched.ended).toBe('FIN');
    using other = await TcpClient.connect(local.port);
    expect(await other.ask('ping')).toBe('ping');
    expect(local.closed).toEqual({ error: 1 });
  });

  it('should record a connection before the thread can be terminated', async () => {
    const loop = await loopOfThisThread();
    const memory = OpenDescriptors.memory();
    const open = new Uint8Array(memory);
    let isNoted = false;
    // The first call after the system call.
    vi.spyOn(loop.calls, 'lastAddress').mockImplementationOnce(() => {
      isNoted = open.includes(1);
      return { address: '127.0.0.1', port: 7 };
    });
    const events = { onConnection: (transport: TcpTransport) => transport.reset(), onError() {} };
    const acceptor = new EpollAcceptor(loop, events, new OpenDescriptors(memory));
    const place = { name: 'test', host: '127.0.0.1', port: 0, portKey: 'TEST_PORT' };
    const { port } = await acceptor.listen({ ...place, backlog: 8, reusePort: false, ipv6Only: false });
    using client = await TcpClient.connect(port);
    expect(await client.ended).toBe('ECONNRESET');
    expect(isNoted).toBe(true);
    expect(open.includes(1)).toBe(false);
    acceptor.close();
  });

  it('should drain without an error while accepting fails', async () => {
    await using local = await LocalListener.open();
    // The drain waits for this connection for longer than the time to the next try.
    using client = await TcpClient.connect(local.port);
    expect(await client.ask('ping')).toBe('ping');
    const loop = await loopOfThisThread();
    vi.spyOn(loop.calls, 'accept').mockReturnValue(-1);
    vi.spyOn(loop.calls, 'errorCode').mockReturnValue('EMFILE');
    using _waiting = new TcpClient(local.port);
    while (local.notices.length === 0) await new Promise(setImmediate);
    expect(local.notices).toMatchObject([{ message: 'accepting a connection failed', reason: 'EMFILE' }]);
    // An unhandled error would fail the run.
    await local.listener.drain(1_000);
    expect(await client.ended).toBe('FIN');
    expect(local.closed).toEqual({ drain: 1 });
  });
});
