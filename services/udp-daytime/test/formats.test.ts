import { formatDaytime, formats, openZone, parseDaytime } from '@echo-daytime/daytime-format';
import { expect, it } from 'vitest';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openUdpDaytime } from '../src/worker.ts';

// Not UTC at any time of the year, and not a whole number of hours from it.
const TZ = 'Asia/Kathmandu';
const zone = openZone(TZ);

it.each(formats)(
  'should answer with the time in TZ as FORMAT=%s, and count the line under it',
  async (format) => {
    await using daytime = await LocalDataPlane.open(openUdpDaytime, keys, { FORMAT: format, TZ });
    await using client = await UdpClient.open();
    const line = String(await client.ask('', daytime.port));
    const { instant } = parseDaytime(line, { format, zone });
    expect(Math.abs(Number(instant / 1_000_000n) - Date.now())).toBeLessThan(2_000);
    expect(line).toBe(formatDaytime(instant, format, zone));
    const { replies } = daytime.counters(listeners)['daytime-udp'];
    expect(formats.map((name) => replies[name].value)).toEqual(
      formats.map((name) => (name === format ? 1 : 0)),
    );
  },
);
