import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TOO_LONG_BYTES } from '../../../tests/harness/fixtures/obedient-udp/obey.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { openLocal } from './fixtures/local-udp.ts';

describe('the memory of the batched engine', skipFor(notLinux), () => {
  it('should hold every byte while garbage is collected all around it', async () => {
    const rounds = 100;
    const sizes = [0, 1, 63, 64, 65, 700, 1_472, 4_096, 20_000, 65_507];
    await using service = await openLocal({ UDP_ENGINE: 'batch', HOST: '::', COLLECTS: 'on' });
    await using clients = new AsyncDisposableStack();
    const opened = await Promise.all(
      sizes.map(async (size) => ({ size, client: clients.use(await UdpClient.open()) })),
    );
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(
        opened.map(async ({ size, client }) => {
          const payload = randomBytes(size);
          const reply = await client.ask(payload, service.port);
          expect(reply.equals(payload), `${size} bytes in round ${round}`).toBe(true);
        }),
      );
    }
    const datagrams = rounds * sizes.length;
    await eventually(() => expect(service.counts()).toMatchObject({ sent: datagrams, dropped: {} }));
  });
});

describeUdpEngines('a reply that the kernel does not take', (UDP_ENGINE) => {
  it('should be counted, and not stop the other replies', async () => {
    await using service = await openLocal({ UDP_ENGINE });
    await using client = await UdpClient.open();
    const texts = Array.from({ length: 40 }, (_, index) =>
      index % 4 === 1 ? 'long' : index % 4 === 2 ? 'longer' : `datagram ${index}`,
    );
    for (const text of texts) client.send(text, service.port);
    const answered = texts.filter((text) => !(text in TOO_LONG_BYTES));
    await eventually(() => expect(client.answers.map(String)).toEqual(answered));
    const bytes = (list: readonly string[]) => list.join('').length;
    await eventually(() =>
      expect(service.counts()).toEqual({
        received: texts.length,
        sent: answered.length,
        receivedBytes: bytes(texts),
        sentBytes: bytes(answered),
        dropped: { send_error: texts.length - answered.length },
      }),
    );
  });
});
