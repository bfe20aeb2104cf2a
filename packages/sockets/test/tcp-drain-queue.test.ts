import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { answering, LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

const WAITING = 40;
const DRAIN_MS = 60_000;
const CONNECT = "require('node:net').connect(+process.argv[1], '127.0.0.1', () => process.exit())";

// Connections in the accept queue of a listener that drains.
describeTcpEngines((tcpEngine) => {
  it('should be served', async () => {
    await using local = await LocalListener.open({ tcpEngine });
    const clients = Array.from({ length: WAITING }, () => new TcpClient(local.port));
    for (const { socket } of clients) socket.end('ping');
    // Connected, and no turn of the event loop has accepted them yet.
    await new Promise(process.nextTick);
    const drained = local.listener.drain(DRAIN_MS);
    const replies = await Promise.all(clients.map(async (client) => String(await client.takeAll())));
    expect(replies).toEqual(clients.map(() => 'ping'));
    await drained;
    expect(local.closed).toEqual({ client: WAITING });
  });

  it('should be served when they come to one address while another is served', async () => {
    const hosts = ['127.0.0.1', '127.0.0.2'];
    const local = await LocalListener.open({ tcpEngine, host: hosts }, (connection) => {
      if (local.connections.length === 1) execFileSync(process.execPath, ['-e', CONNECT, String(local.port)]);
      return answering(connection);
    });
    using client = new TcpClient(local.port, { host: hosts[1]! });
    client.socket.end('ping');
    await new Promise(process.nextTick);
    await local.listener.drain(DRAIN_MS);
    expect(local.counters.accepted.value).toBe(2);
    expect(local.counters.refused.draining.value).toBe(0);
  });

  it('should be counted as refused when they come behind a full queue', async () => {
    const local = await LocalListener.open({ tcpEngine, backlog: 1 }, (connection) => {
      // For each served connection one more client connects.
      execFileSync(process.execPath, ['-e', CONNECT, String(local.port)]);
      return answering(connection);
    });
    using client = new TcpClient(local.port);
    client.socket.end('ping');
    await new Promise(process.nextTick);
    await local.listener.drain(DRAIN_MS);
    expect(await client.ended).toBe('FIN');
    expect(local.counters.refused.draining.value).toBe(1);
    expect(local.counters.accepted.value).toBeGreaterThan(1);
  });
});
