import { formatDaytime, formats, openZone, parseDaytime } from '@echo-daytime/daytime-format';
import { expect, it } from 'vitest';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { keys } from '../src/config.ts';
import { daytimeCounters } from '../src/counters.ts';
import { openDaytime } from '../src/data-plane.ts';

// Far from UTC all year, and not by whole hours.
const TZ = 'Asia/Kathmandu';
const zone = openZone(TZ);

it.each(formats)('should send the time in TZ as FORMAT=%s, and count the line under it', async (format) => {
  await using daytime = await LocalDataPlane.open(openDaytime, keys, {
    FORMAT: format,
    TZ,
    SESSION_PORT: '0',
  });
  using client = await TcpClient.connect(daytime.port);
  const line = (await client.takeAll()).toString();
  const { instant } = parseDaytime(line, { format, zone });
  expect(Math.abs(Number(instant / 1_000_000n) - Date.now())).toBeLessThan(2_000);
  expect(line).toBe(formatDaytime(instant, format, zone));
  const { replies } = daytime.counters(daytimeCounters);
  expect(formats.map((name) => replies[name].value)).toEqual(
    formats.map((name) => (name === format ? 1 : 0)),
  );
});

it('should show lines under their format in the metrics of a running service', async () => {
  await using daytime = await ServiceProcess.start('daytime', { FORMAT: 'iso8601', TZ });
  using client = await TcpClient.connect(daytime.port('daytime-tcp'));
  expect((await client.takeAll()).toString()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:45\r\n$/);
  const metrics = await daytime.metrics();
  const counted = formats.map((format) => {
    return metrics.value('l4_daytime_replies_total', { listener: 'daytime-tcp', format });
  });
  expect(counted).toEqual(formats.map((format) => (format === 'iso8601' ? 1 : 0)));
});
