import { tcpImbalance, udpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import { openFiles } from '../process-vitals.ts';
import type { Promises } from '../promises.ts';

const RECOVERY_MS = 5_000;
const QUESTION = 'is anybody there?';

/**
 * How long after the end of an attack until all that it took is given back and a new client, one, is served.
 * Milliseconds.
 *
 * @param isTimed whether that may take 5 s and no longer: beside other tests it tells of them
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
    await eventually(() => expectGivenBack(service, listener, filesBefore));
    promises.equal(await echoOf(service, listener), QUESTION, 'The echo of a new client');
  } catch (error) {
    const promise = 'All must be given back, and a new client served.';
    promises.expect(false, promise, (error as Error).message);
  }
  const tookMs = performance.now() - endedAt;
  const promise = `Recovery must take no more than ${RECOVERY_MS / 1_000} s.`;
  promises.expect(!isTimed || tookMs <= RECOVERY_MS, promise, `${Math.round(tookMs)} ms`);
  return tookMs;
}

async function expectGivenBack(
  service: ServiceProcess,
  listener: 'echo-tcp' | 'echo-udp',
  filesBefore: number,
): Promise<void> {
  const metrics = await service.metrics();
  if (listener === 'echo-udp') {
    if (udpImbalance(metrics, listener) !== 0) throw new Error('datagrams are not on the books');
    return;
  }
  const open = metrics.value('l4_tcp_connections_open', { listener });
  if (open !== 0) throw new Error(`${open} connections are open`);
  if (tcpImbalance(metrics, listener) !== 0) throw new Error('accepted = open + Σ closed does not hold');
  const files = openFiles(service.child.pid!);
  if (files > filesBefore) throw new Error(`${files} files are open, ${filesBefore} before`);
}

async function echoOf(service: ServiceProcess, listener: 'echo-tcp' | 'echo-udp'): Promise<string> {
  const port = service.port(listener);
  if (listener === 'echo-udp') {
    await using client = await UdpClient.open();
    return (await client.ask(QUESTION, port)).toString();
  }
  using client = new TcpClient(port);
  return await client.ask(QUESTION);
}
