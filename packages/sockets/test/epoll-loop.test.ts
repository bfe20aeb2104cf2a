import { createConnection, createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../tests/harness/collect-garbage.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

describe('a listener on the epoll loop', () => {
  it("should leave Node's event loop its turns while a listener has nothing to do", async () => {
    await using _idle = await LocalListener.open();
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    using client = await TcpClient.connect(port);
    // Each would take 50 ms, two for request and reply, if the epoll loop did not watch Node's loop too. On a busy
    // machine a single exchange may take longer.
    await eventually(async () => {
      const askedAt = performance.now();
      expect(await client.ask('ping')).toBe('ping');
      expect(performance.now() - askedAt).toBeLessThan(50);
    });
    server.close();
  });

  it('should not keep a thread alive after its listeners are closed', async () => {
    const worker = new Worker(new URL('./fixtures/short-listener.ts', import.meta.url));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const client = createConnection(port, '127.0.0.1');
    const reply = await new Promise((resolve) => client.once('data', resolve).write('ping'));
    expect(String(reply)).toBe('ping');
    client.end();
    worker.postMessage('drain');
    expect(await ended).toBe(0);
  });

  it('should read into memory that garbage collection does not move', async () => {
    await using local = await LocalListener.open();
    using client = await TcpClient.connect(local.port);
    for (let round = 0; round < 20; round += 1) {
      collectGarbage();
      expect(await client.ask(`round ${round}`)).toBe(`round ${round}`);
    }
  });
});
