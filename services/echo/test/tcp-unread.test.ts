import { expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

/** As much as the kernel takes for a peer that does not read: to the service it looks sent. */
const PAYLOAD = Buffer.alloc(700 * 1024, 'echo ');
const TCP = { listener: 'echo-tcp' };

async function expectOpen(echo: ServiceProcess, count: number): Promise<void> {
  expect((await echo.metrics()).value('l4_tcp_connections_open', TCP)).toBe(count);
}

/** Waits until all came back as far as the kernel. */
async function expectHandedOver(echo: ServiceProcess): Promise<void> {
  await eventually(async () => {
    expect((await echo.metrics()).value('l4_tcp_sent_bytes_total', TCP)).toBe(PAYLOAD.length);
  });
}

it.concurrent('should keep a client on the books that has ended its side and leaves its answer unread, until WRITE_TIMEOUT', async () => {
  await using echo = await ServiceProcess.start('echo', { WRITE_TIMEOUT: '1s' });
  using client = await TcpClient.connect(echo.port('echo-tcp'), { reading: false, halfOpen: true });
  const startedAt = performance.now();
  client.socket.end(PAYLOAD);
  await expectHandedOver(echo);
  await expectOpen(echo, 1);
  await eventually(() => expectOpen(echo, 0), 15_000);
  const tookMs = performance.now() - startedAt;
  expect(tookMs).toBeGreaterThan(900);
  // Less than who has nothing unread may take to end its side.
  expect(tookMs).toBeLessThan(4_500);
  client.socket.resume();
  expect(await client.ended).toBe('ECONNRESET');
  const closed = (await echo.metrics()).sum('l4_tcp_connections_closed_total', { ...TCP, reason: 'client' });
  expect(closed).toBe(1);
});

it.concurrent('should let a client that has ended its side read on for as long as it takes', async () => {
  await using echo = await ServiceProcess.start('echo', { WRITE_TIMEOUT: '400ms' });
  using client = await TcpClient.connect(echo.port('echo-tcp'), { reading: false, halfOpen: true });
  client.socket.end(PAYLOAD);
  await expectHandedOver(echo);
  await expectOpen(echo, 1);
  client.socket.resume();
  expect((await client.takeAll()).equals(PAYLOAD)).toBe(true);
  expect(await client.ended).toBe('FIN');
  await eventually(() => expectOpen(echo, 0));
});

it.concurrent('should not keep what is unread in the kernel when an idle client never ends its side either', async () => {
  await using echo = await ServiceProcess.start('echo', { IDLE_TIMEOUT: '300ms', WRITE_TIMEOUT: '300ms' });
  using client = await TcpClient.connect(echo.port('echo-tcp'), { reading: false, halfOpen: true });
  client.socket.write(PAYLOAD);
  await expectHandedOver(echo);
  await eventually(() => expectOpen(echo, 0), 15_000);
  client.socket.resume();
  await client.takeAll();
  expect(await client.ended).toBe('ECONNRESET');
});
