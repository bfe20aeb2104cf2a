import { expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

const MIB = 1024 * 1024;
const CLIENTS = 20;
const payload = Buffer.alloc(10 * MIB, 'never read ');
/**
 * A connection needs well below 1 MiB of the process: the chunk being written, the next chunk and the stream objects.
 * Garbage adds some tens of MiB in all before V8 collects buffers. A server without backpressure would hold everything
 * that does not fit the kernel's send buffer (at most 4 MiB by net.ipv4.tcp_wmem) and the client's receive window: more
 * than 5 MiB of each 10.
 */
const BOUND_PER_CLIENT = 4 * MIB;

it('should hold little memory for clients that push 10 MiB each and read nothing', async () => {
  await using echo = await ServiceProcess.start('echo', { WRITE_TIMEOUT: '0s' });
  const port = echo.port('echo-tcp');
  {
    // The first megabytes also load code and grow the heap.
    using first = await TcpClient.connect(port);
    first.socket.write(payload);
    await first.take(payload.length);
  }
  const before = (await echo.metrics()).value('process_resident_memory_bytes');

  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => TcpClient.connect(port, { reading: false })),
  );
  try {
    for (const client of clients) client.socket.write(payload);
    let last = 0;
    let unchanged = 0;
    const metrics = await eventually(async () => {
      const scrape = await echo.metrics();
      const received = scrape.value('l4_tcp_received_bytes_total', { listener: 'echo-tcp' });
      unchanged = received === last ? unchanged + 1 : 0;
      last = received;
      // All connections are stuck: nothing is read any more.
      expect(unchanged).toBeGreaterThan(10);
      return scrape;
    });
    expect(metrics.value('l4_tcp_connections_open', { listener: 'echo-tcp' })).toBe(CLIENTS);
    // The clients have more to send, so there is something to hold back.
    expect(last).toBeLessThan((1 + CLIENTS) * payload.length);
    const growth = metrics.value('process_resident_memory_bytes') - before;
    expect(growth).toBeLessThan(CLIENTS * BOUND_PER_CLIENT);

    // No byte is lost: a client gets all of its bytes as soon as it reads.
    const [client] = clients;
    client?.socket.resume();
    expect((await client?.take(payload.length))?.equals(payload)).toBe(true);
  } finally {
    for (const client of clients) client.socket.destroy();
  }
});
