import {
  type FormatName,
  formatDaytime,
  formats,
  openZone,
  parseDaytime,
} from '@echo-daytime/daytime-format';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openUdpDaytime } from '../src/worker.ts';

const UNLIMITED = { RATE_PER_SOURCE: '0' };
const utc = openZone('UTC');
const ISO_8601 = /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00\r\n$/;

let daytime: LocalDataPlane;
beforeAll(async () => {
  daytime = await LocalDataPlane.open(openUdpDaytime, keys, { ...UNLIMITED, FORMAT: 'iso8601' });
});
afterAll(() => daytime[Symbol.asyncDispose]());

const counted = () => daytime.counters(listeners)['daytime-udp'];
/** The number of replies in this format. */
const answered = (format: FormatName): number => counted().replies[format].value;

it.each(formats)(
  'should answer a datagram that names %s with it, in any case and framing',
  async (format) => {
    const before = answered(format);
    await using client = await UdpClient.open();
    const mixed = [...format].map((letter, index) => (index % 2 ? letter.toUpperCase() : letter)).join('');
    const requests = [format, format.toUpperCase(), mixed].flatMap((name) =>
      [name, `${name}\n`, `${name}\r\n`, ` ${name} `].map((text) => text),
    );
    for (const request of requests) {
      const line = String(await client.ask(request, daytime.port));
      const { instant } = parseDaytime(line, { format });
      expect(Math.abs(Number(instant / 1_000_000n) - Date.now())).toBeLessThan(2_000);
      expect(line).toBe(formatDaytime(instant, format, utc));
    }
    expect(answered(format) - before).toBe(requests.length);
  },
);

it.each([
  '',
  '\n',
  'help',
  'timestamp timestamp',
  'timestamp\nctime\n',
  'timestamp-',
  'timestamp\0',
  'constructor',
  `timestamp${' '.repeat(60_000)}`,
  '\u00ff\u0130\u212a',
])('should answer any other datagram in the default format: %j', async (request) => {
  const before = answered('iso8601');
  await using client = await UdpClient.open();
  expect(String(await client.ask(request, daytime.port))).toMatch(ISO_8601);
  expect(answered('iso8601') - before).toBe(1);
});

it('should answer any junk, up to the longest datagram, in the default format', async () => {
  await using client = await UdpClient.open();
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.tuple(fc.nat(255), fc.constantFrom(1_472, 9_000, 65_506, 65_507)).map(([byte, length]) => {
      return new Uint8Array(length).fill(byte);
    }),
  );
  await fc.assert(
    fc.asyncProperty(junk, async (bytes) => {
      expect(String(await client.ask(bytes, daytime.port))).toMatch(ISO_8601);
    }),
    { numRuns: 100 },
  );
  const udp = counted();
  await eventually(() => expect(udp.sent.value).toBe(udp.received.value));
});

it('should count replies under the requested format in a running service', async () => {
  await using service = await ServiceProcess.start('udp-daytime', {
    FORMAT: 'iso8601',
    TZ: 'Asia/Kathmandu',
  });
  const port = service.port('daytime-udp');
  await using client = await UdpClient.open();
  for (const request of ['GO\n', 'go']) await client.ask(request, port);
  expect(String(await client.ask('nothing of the kind', port))).toMatch(/\+05:45\r\n$/);
  const metrics = await service.metrics();
  const counted = formats.map((format) => {
    return metrics.value('l4_daytime_replies_total', { listener: 'daytime-udp', format });
  });
  expect(counted).toEqual(formats.map((format) => ({ go: 2, iso8601: 1 })[format as string] ?? 0));
});
