import { describe, expect, it } from 'vitest';
import { udpImbalance } from '../../../../tests/harness/balance.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { mainModule } from '../../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import { UdpClient } from '../../../../tests/harness/udp-client.ts';

const main = mainModule('tests/harness/fixtures/obedient-udp/main.ts');
const labels = { listener: 'command-udp' };

async function start(): Promise<ServiceProcess> {
  // A fixed port: a restarted worker must find it free.
  const PORT = String(await freePort());
  const env = { HOST: '127.0.0.1', PORT, UDP_ENGINE: 'batch', DRAIN_TIMEOUT: '500ms' };
  const service = new ServiceProcess(main, env, []);
  await service.logged('listening');
  return service;
}

describe.concurrent('a worker with the batched engine', skipFor(notLinux), () => {
  it('should be counted, logged once and started again when it dies', async () => {
    await using service = await start();
    await using client = await UdpClient.open();
    client.send('throw', service.port('command-udp'));
    await service.logged('listening', 1);

    const deaths = service.log.filter(({ level }) => level === 'error');
    expect(deaths).toEqual([
      expect.objectContaining({
        msg: 'data-plane worker died, starting it again',
        worker: 0,
        failure: expect.objectContaining({ message: 'told to throw' }),
      }),
    ]);
    expect(String(await client.ask('again', service.port('command-udp')))).toBe('again');
    const metrics = await service.metrics();
    expect(metrics.value('l4_data_plane_worker_restarts_total')).toBe(1);
    expect(metrics.value('l4_udp_datagrams_received_total', labels)).toBe(2);
    expect(metrics.value('l4_udp_datagrams_dropped_total', { ...labels, reason: 'send_error' })).toBe(1);
    expect(udpImbalance(metrics, 'command-udp')).toBe(0);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
  });

  it('should be terminated when it hangs, and free the port for its successor', {
    timeout: 40_000,
  }, async () => {
    await using service = await start();
    await using client = await UdpClient.open();
    client.send('hang', service.port('command-udp'));
    await service.logged('listening', 1);
    expect(String(await client.ask('again', service.port('command-udp')))).toBe('again');
    expect(service.log.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});
