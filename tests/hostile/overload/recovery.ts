import { eventually } from '../../harness/eventually.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import type { Promises } from '../scenario.ts';
import { heldBy } from '../service.ts';

const RECOVERY_MS = 5_000;
const REQUEST = 'is anybody there?';

/**
 * The time from the end of an attack until all its resources are freed and one new client is served. Milliseconds.
 *
 * @param isTimed whether to check the 5 s; beside other tests the time depends on them
 */
export async function recovery(
  service: ServiceProcess,
  listener: 'echo-tcp' | 'echo-udp',
  filesBefore: number,
  promises: Promises,
  isTimed: boolean,
): Promise<number> {
  const endedAt = performance.now();
  try {
    await eventually(async () => {
      const held = heldBy(await service.metrics(), filesBefore);
      if (held.length > 0) throw new Error(held.join('; '));
    });
    promises.equal(await echoOf(service, listener), REQUEST, 'The echo of a new client');
  } catch (error) {
    const promise = 'All must be given back, and a new client served.';
    promises.expect(false, promise, (error as Error).message);
  }
  const tookMs = performance.now() - endedAt;
  const promise = `Recovery must take no more than ${RECOVERY_MS / 1_000} s.`;
  promises.expect(!isTimed || tookMs <= RECOVERY_MS, promise, `${Math.round(tookMs)} ms`);
  return tookMs;
}

async function echoOf(service: ServiceProcess, listener: 'echo-tcp' | 'echo-udp'): Promise<string> {
  const port = service.port(listener);
  if (listener === 'echo-udp') {
    await using client = await UdpClient.open();
    return (await client.ask(REQUEST, port)).toString();
  }
  using client = new TcpClient(port);
  return await client.ask(REQUEST);
}
