import { linux64 } from '@echo-daytime/linux';
import { UdpListener, udpCounters } from '@echo-daytime/sockets';
import { CounterBlock } from '@echo-daytime/worker';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../tests/harness/free-port.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { BatchEngine } from '../src/udp/batch-engine.ts';
import type { UdpListenerOptions } from '../src/udp/engine.ts';
import { openLocal } from './fixtures/local-udp.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const noFfi = (): void => void vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);

const DEFAULTS: UdpListenerOptions = {
  name: 'test-udp',
  host: ['127.0.0.1'],
  port: 0,
  portKey: 'TEST_PORT',
  udpEngine: 'auto',
  ratePerSource: 0,
  maxSources: 100,
  loopGuard: false,
  minRequestBytes: 0,
  workers: 1,
  allow: [],
  deny: [],
};

function parts(worker = 0) {
  const notices: object[] = [];
  return {
    protocol: (request: Buffer) => request,
    counters: udpCounters(new CounterBlock(new SharedArrayBuffer(1_024)), 'test-udp'),
    worker,
    notices,
    notice: (message: string, fields: object) => notices.push({ message, ...fields }),
  };
}

describe('UDP_ENGINE', () => {
  it.each([0, 1])(
    'should fall back to dgram, with a notice from worker 0 only: worker %i',
    skipFor(notLinux),
    async (worker) => {
      noFfi();
      const local = parts(worker);
      const listener = await UdpListener.open(DEFAULTS, local);
      await using client = await UdpClient.open();
      expect(listener.addresses).toMatchObject([{ engine: 'dgram' }]);
      expect(String(await client.ask('there?', listener.addresses[0]!.port))).toBe('there?');
      const reason = 'this Node has no node:ffi';
      const notice = {
        message: 'no batched UDP here, node:dgram serves instead',
        listener: 'test-udp',
        reason,
      };
      expect(local.notices).toEqual(worker === 0 ? [notice] : []);
      await listener.drain();
    },
  );

  it('should fail where batch is asked for and does not work', skipFor(notLinux), async () => {
    noFfi();
    await expect(UdpListener.open({ ...DEFAULTS, udpEngine: 'batch' }, parts())).rejects.toThrow(
      'test-udp: UDP_ENGINE=batch does not work here: this Node has no node:ffi; set UDP_ENGINE to auto or dgram',
    );
  });

  it(
    'should not be batch where the kernel structures differ, and free the port',
    skipFor(notLinux),
    async () => {
      const port = await freePort();
      const options = { ...DEFAULTS, port };
      const misfit = { ...linux64, headerBytes: 72 };
      expect(await BatchEngine.open(options, parts(), misfit)).toEqual({
        reason: expect.stringMatching(/^its check against the kernel failed: (recv|send)mmsg /),
      });
      const listener = await UdpListener.open(options, parts());
      expect(listener.addresses).toMatchObject([{ engine: 'batch', port }]);
      await listener.drain();
    },
  );

  it('should fail for other values and list the allowed ones', async () => {
    await expect(openLocal({ UDP_ENGINE: 'fast' })).rejects.toThrow(
      'UDP_ENGINE="fast" must be one of auto, batch, dgram',
    );
  });
});
