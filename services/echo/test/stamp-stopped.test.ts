import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { BASE_BYTES, readReply, writeRequest } from '@echo-daytime/stamp';
import { expect, it } from 'vitest';
import { freePort } from '../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';

const STOPPED_MS = 300;

it('should tell the time for which the process was stopped as its own', skipFor(notLinux), async () => {
  const STAMP_PORT = String(await freePort());
  await using echo = await ServiceProcess.start('echo', { STAMP_PORT, UDP_ENGINE: 'batch' });
  await using client = await UdpClient.open();
  const request = new Uint8Array(BASE_BYTES);
  const sentAt = { seconds: 1_700_000_000, nanoseconds: 0 };
  writeRequest(request, { sequence: 0, sentAt, errorEstimate: 0x3fff, sessionId: 0 });
  await client.ask(request, echo.port('stamp-udp'));
  echo.child.kill('SIGSTOP');
  const reply = once(client.socket, 'message');
  const started = performance.now();
  await new Promise((sent) => client.socket.send(request, echo.port('stamp-udp'), '127.0.0.1', sent));
  await setTimeout(STOPPED_MS);
  echo.child.kill('SIGCONT');
  await reply;
  const roundTripMs = performance.now() - started;
  const { reflectorMs, sequence } = readReply(client.answers[1]!)!;
  expect(sequence).toBe(1);
  // A timer may be a millisecond early.
  expect(reflectorMs).toBeGreaterThan(STOPPED_MS - 2);
  expect(reflectorMs).toBeLessThanOrEqual(roundTripMs + 1);
});
