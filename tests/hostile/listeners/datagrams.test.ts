import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { udpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { hostileSeed, Random } from '../../harness/random.ts';
import { ServiceProcess } from '../../harness/service-process.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import { expectHealthy } from './fleet.ts';

const SIZES = [0, 1, 2, 63, 64, 511, 512, 1_472, 1_473, 8_191, 9_000, 65_506, 65_507];
const PORTS = 40;
/** Socket addresses on loopback, and a listener on each. */
const HOSTS = ['127.0.0.1', '::1'];

const listeners = [
  {
    service: 'echo',
    listener: 'echo-udp',
    answered: (question: Buffer, answer: Buffer) => answer.equals(question),
  },
  {
    service: 'udp-daytime',
    listener: 'daytime-udp',
    answered: (_question: Buffer, answer: Buffer) =>
      /^[\x20-\x7e]{10,60}\r\n$/.test(answer.toString('latin1')),
  },
] as const;

describe.each(listeners)('$listener', ({ service: name, listener, answered }) => {
  const labels = { listener };
  let service: ServiceProcess;
  let port: number;
  let openFiles: number;

  beforeAll(async () => {
    service = await ServiceProcess.start(name, { LOG_LEVEL: 'info' });
    port = service.port(listener);
    await using client = await UdpClient.open();
    await client.ask('warm', port);
    openFiles = (await service.metrics()).value('process_open_fds');
  });
  afterAll(() => service[Symbol.asyncDispose]());

  async function received(): Promise<number> {
    return (await service.metrics()).value('l4_udp_datagrams_received_total', labels);
  }

  async function expectUnharmed(): Promise<void> {
    await eventually(async () => {
      const metrics = await service.metrics();
      expect(udpImbalance(metrics, listener)).toBe(0);
      expect(metrics.value('process_open_fds')).toBeLessThanOrEqual(openFiles);
    });
    await expectHealthy(service);
  }

  it(`should answer every size from many ports, once each (HOSTILE_SEED=${hostileSeed})`, async () => {
    const random = new Random(hostileSeed);
    const before = await received();
    await Promise.all(
      Array.from({ length: PORTS }, async (_, index) => {
        const host = HOSTS[index % HOSTS.length]!;
        await using client = await UdpClient.open(host);
        for (const size of SIZES) {
          const question = random.bytes(size);
          const answer = await client.ask(question, port, host);
          expect(answered(question, answer), `${size} bytes`).toBe(true);
        }
        expect(client.answers).toHaveLength(SIZES.length);
      }),
    );
    expect((await received()) - before).toBe(PORTS * SIZES.length);
    await expectUnharmed();
  });

  it(`should answer whatever the bytes are (HOSTILE_SEED=${hostileSeed})`, async () => {
    const random = new Random(hostileSeed);
    const words = [
      'timestamp',
      'NIST\r\n',
      'help',
      '__proto__',
      'constructor',
      'PROXY UNKNOWN\r\n',
      '\0',
      '\n',
    ];
    await using client = await UdpClient.open('127.0.0.5');
    for (let round = 0; round < 300; round += 1) {
      const question =
        random.below(2) === 0 ? Buffer.from(random.pick(words)) : random.bytes(random.below(1_500));
      expect(answered(question, await client.ask(question, port)), question.toString('hex')).toBe(true);
    }
    await expectUnharmed();
  });

  it('should not mind clients that are gone before their answer comes', async () => {
    const before = await received();
    for (let client = 0; client < 200; client += 1) {
      await using gone = await UdpClient.open('127.0.0.6');
      await new Promise((resolve) => gone.socket.send('bye', port, '127.0.0.1', resolve));
    }
    await eventually(async () => expect((await received()) - before).toBe(200));
    await expectUnharmed();
  });

  it('should answer one source at once while another floods it', async () => {
    await using flooder = await UdpClient.open('127.0.0.7');
    await using client = await UdpClient.open('127.0.0.8');
    const payload = Buffer.alloc(200, 'flood');
    for (let burst = 0; burst < 50; burst += 1) {
      await Promise.all(
        Array.from(
          { length: 200 },
          () => new Promise((resolve) => flooder.socket.send(payload, port, '127.0.0.1', resolve)),
        ),
      );
      expect(answered(payload, await client.ask(payload, port))).toBe(true);
    }
    await expectUnharmed();
    // The flood was bounded by its source's rate: a burst, then what a second holds.
    const dropped = (await service.metrics()).value('l4_udp_datagrams_dropped_total', {
      ...labels,
      reason: 'rate',
    });
    expect(dropped).toBeGreaterThan(0);
    expect(client.answers).toHaveLength(50);
  });
});
