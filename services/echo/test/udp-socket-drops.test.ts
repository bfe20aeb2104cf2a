import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { udpImbalance } from '../../../tests/harness/balance.ts';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';

/** Together 16 MiB. The receive buffer holds half of that: the kernel doubles the requested 4 MiB. */
const DATAGRAMS = 2_000;
const PAYLOAD = Buffer.alloc(8_192);

describeUdpEngines('datagrams that arrive while a service is stopped', (UDP_ENGINE) => {
  it('should be either received or counted as dropped at its socket', async () => {
    await using echo = await ServiceProcess.start('echo', { UDP_ENGINE });
    const sender = createSocket('udp4');
    sender.connect(echo.port('echo-udp'), '127.0.0.1');
    await once(sender, 'connect');
    {
      using _halted = await echo.halt();
      const sends = Array.from({ length: DATAGRAMS }, async () => {
        const { promise, resolve } = Promise.withResolvers<Error | null>();
        sender.send(PAYLOAD, resolve);
        expect(await promise).toBeNull();
      });
      await Promise.all(sends);
    }
    await eventually(async () => {
      const metrics = await echo.metrics();
      const labels = { listener: 'echo-udp' };
      const received = metrics.value('l4_udp_datagrams_received_total', labels);
      const dropped = metrics.value('l4_udp_socket_drops_total', labels);
      expect(dropped).toBeGreaterThan(0);
      expect(received + dropped).toBe(DATAGRAMS);
      expect(udpImbalance(metrics, 'echo-udp')).toBe(0);
    });
    sender.close();
  });
});
