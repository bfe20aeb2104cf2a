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
    // Each would take 50 ms, two for question and answer, if the loop did not hear of what Node waits for. On a busy
    // machine any one may take longer.
    await eventually(async () => {
      const askedAt = performance.now();
      expect(await client.ask('ping')).toBe('ping');
      expect(performance.now() - askedAt).toBeLessThan(50);
    });
    server.close();
  });

  it('should not keep a thread alive that has closed its listeners', async () => {
    const worker = new Worker(new URL('./fixtures/short-listener.ts', import.meta.url));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const client = createConnection(port, '127.0.0.1');
    const answer = await new Promise((resolve) => client.once('data', resolve).write('ping'));
    expect(String(answer)).toBe('ping');
    client.end();
    worker.postMessage('drain');
    expect(await ended).toBe(0);
  });

  it('should read into memory that stays where it is, whatever is collected', async () => {
    await using local = await LocalListener.open();
    using client = await TcpClient.connect(local.port);
    for (let round = 0; round < 20; round += 1) {
      collectGarbage();
      expect(await client.ask(`round ${round}`)).toBe(`round ${round}`);
    }
  });
});
