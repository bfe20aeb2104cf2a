import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../harness/free-port.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { TcpClient } from '../harness/tcp-client.ts';

const MIB = 1024 * 1024;
/** What one read of a socket takes at most, and so what is handed to a protocol in one piece. Bytes. */
const PIECE_BYTES = 64 * 1024;
/**
 * The heart beats four times in a second, on a busy machine somewhat less often. /livez fails after 5 s without a
 * beat, and other clients wait as long as the heart does. Seconds.
 */
const MAX_HEARTBEAT_AGE_S = 1;
/** The bound of an echo connection (services/echo/test/tcp-memory.test.ts), garbage included. */
const BOUND_PER_CLIENT = 4 * MIB;
/** Until the service has read all that was sent to it, if it does. Milliseconds. */
const OBSERVED_MS = 10_000;

const clients: TcpClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.socket.destroy();
});

/**
 * Has many clients send the same short request over and over and read none of the answers: so many that serving each a
 * piece without a pause would stop the heart for seconds.
 */
describe.each([
  { listener: 'session-tcp', name: 'daytime', portKey: 'SESSION_PORT', request: '\n', count: 200 },
  { listener: 'dialog-tcp', name: 'echo', portKey: 'DIALOG_PORT', request: '\t', count: 60 },
])('$count clients of $listener that pipeline $request and read nothing', (row) => {
  const { listener, name, portKey, request, count } = row;
  // What holds the heart up every time is the clients; once, another program of the machine.
  it('should neither stop the heart nor take much memory', { retry: 2 }, async () => {
    const port = await freePort();
    const env = {
      [portKey]: String(port),
      LOG_LEVEL: 'info',
      WRITE_TIMEOUT: '0s',
      DIALOG_READ_TIMEOUT: '0s',
    };
    await using service = await ServiceProcess.start(name, env);
    {
      using first = await TcpClient.connect(port);
      expect(await first.ask(request)).not.toBe('');
    }
    const before = (await service.metrics()).value('process_resident_memory_bytes');
    const crowd = Array.from({ length: count }, () => TcpClient.connect(port, { reading: false }));
    clients.push(...(await Promise.all(crowd)));
    const payload = Buffer.alloc(PIECE_BYTES, request);
    for (const { socket } of clients) socket.write(payload);

    let oldest = 0;
    let growth = 0;
    let received = 0;
    const startedAt = performance.now();
    while (received < count * PIECE_BYTES && performance.now() - startedAt < OBSERVED_MS) {
      const metrics = await service.metrics();
      received = metrics.value('l4_tcp_received_bytes_total', { listener });
      oldest = Math.max(oldest, metrics.sum('l4_data_plane_heartbeat_age_seconds'));
      growth = Math.max(growth, metrics.value('process_resident_memory_bytes') - before);
    }
    expect(oldest, 'heartbeat age in seconds').toBeLessThan(MAX_HEARTBEAT_AGE_S);
    expect(growth / count / MIB, 'MiB for each client').toBeLessThan(BOUND_PER_CLIENT / MIB);
    using other = await TcpClient.connect(port);
    expect(await other.ask(request)).not.toBe('');
  });
});
