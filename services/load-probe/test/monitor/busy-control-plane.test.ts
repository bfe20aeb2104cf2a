import { once } from 'node:events';
import { expect, it } from 'vitest';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { udpPeer } from '../peers.ts';

const FIXTURE = new URL('../fixtures/held-main-thread.mjs', import.meta.url).href;
const SAMPLES = 20;

/** In this test the control plane is blocked completely, as by many pages and scrapes. */
it('should go on measuring while the control plane is busy', async () => {
  let received = 0;
  const next = new EventTarget();
  await using peer = await udpPeer((bytes, reply) => {
    received += 1;
    reply(bytes);
    next.dispatchEvent(new Event('datagram'));
  });
  await using service = await ServiceProcess.start('load-probe', {
    TARGETS: `echo+udp://127.0.0.1:${peer.port}`,
    INTERVAL: '50ms',
    NODE_OPTIONS: `--import ${FIXTURE}`,
  });
  // The control plane must first send the targets to the workers.
  while (received === 0) await once(next, 'datagram');
  service.child.kill('SIGUSR2');
  await service.logged('main thread held');
  const before = received;
  while (received < before + SAMPLES) await once(next, 'datagram');
  expect(service.log.at(-1)?.msg).toBe('main thread held');
  service.child.stdin!.write('.');
  await service.logged('main thread released');
  const counted = (await service.metrics()).sum('l4_probe_samples_total', { outcome: 'ok' });
  expect(counted).toBeGreaterThanOrEqual(before + SAMPLES - 1);
});
