import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { mainModule } from '../../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import { UdpClient } from '../../../../tests/harness/udp-client.ts';
import { openLocal } from '../fixtures/local-udp.ts';

const main = mainModule('tests/harness/fixtures/obedient-udp/main.ts');

function spawn(env: Readonly<Record<string, string>>): ServiceProcess {
  return new ServiceProcess(main, { HOST: '127.0.0.1', ...env }, []);
}

/** The engine that each worker reports. */
async function engine(service: ServiceProcess): Promise<unknown> {
  const { addresses } = await service.logged('listening');
  return (addresses as readonly { readonly engine: string }[])[0]?.engine;
}

function noticesOf(service: ServiceProcess): readonly unknown[] {
  return service.log.filter(({ level }) => level === 'warn');
}

describe.concurrent.each(['batch', 'dgram'])('a listener with UDP_ENGINE=%s', (UDP_ENGINE) => {
  const unavailable = UDP_ENGINE === 'batch' ? notLinux : undefined;

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::', '::'],
    ['127.0.0.2,127.0.0.1', '127.0.0.1'],
  ])(
    'should name on HOST=%s the port that is in use and its key',
    skipFor(unavailable),
    async (HOST, address) => {
      await using taken = await UdpClient.open(address);
      const { port } = taken.socket.address();
      await expect(openLocal({ UDP_ENGINE, HOST, PORT: String(port) })).rejects.toThrow(
        `command-udp: can't listen on ${address} port ${port}: the port is in use; stop what uses it or set PORT (EADDRINUSE)`,
      );
    },
  );

  it('should name an address that this machine does not have', skipFor(unavailable), async () => {
    await expect(openLocal({ UDP_ENGINE, HOST: '192.0.2.1' })).rejects.toThrow(
      "command-udp: can't listen on 192.0.2.1 port 0: this machine does not have that address; set HOST to one it has (EADDRNOTAVAIL)",
    );
  });

  it('should name a zone that this machine does not have', skipFor(unavailable), async () => {
    await expect(openLocal({ UDP_ENGINE, HOST: 'fe80::77%gone' })).rejects.toThrow(
      "can't listen on fe80::77%gone port 0: there is no interface gone; there are ",
    );
  });

  it(
    'should share one port among workers, each source served by one of them',
    skipFor(unavailable),
    async () => {
      const PORT = String(await freePort());
      await using service = spawn({ UDP_ENGINE, WORKERS: '2', PORT, RATE_PER_SOURCE: '0' });
      await service.logged('listening');
      await using clients = new AsyncDisposableStack();
      for (let count = 0; count < 40; count += 1) {
        const client = clients.use(await UdpClient.open());
        expect(String(await client.ask(`client ${count}`, Number(PORT)))).toBe(`client ${count}`);
      }
      const metrics = await service.metrics();
      expect(metrics.value('l4_udp_datagrams_sent_total', { listener: 'command-udp' })).toBe(40);
      expect(await service.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('should reply to what it read before a stop, and be closed after it', skipFor(unavailable), async () => {
    // Batch is the default on Linux.
    const env = UDP_ENGINE === 'batch' ? {} : { UDP_ENGINE };
    await using service = spawn({ ...env, RATE_PER_SOURCE: '0' });
    expect(await engine(service)).toBe(UDP_ENGINE);
    const client = createSocket('udp4');
    client.connect(service.port('command-udp'), '127.0.0.1');
    await once(client, 'connect');
    const refused = new Promise((resolve) => client.once('error', resolve));
    let numReplies = 0;
    client.on('message', () => {
      numReplies += 1;
    });
    const asking = setInterval(() => client.send('still there?'), 5);
    await eventually(() => expect(numReplies).toBeGreaterThan(10));
    const exited = service.stop();
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
    clearInterval(asking);
    client.close();
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(service.log.at(-1)?.msg).toBe('stopped');
    expect(noticesOf(service)).toEqual([]);
    expect(service.stderr).toBe('');
  });
});
