import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../tests/harness/free-port.ts';
import { TcpClient } from '../../tests/harness/tcp-client.ts';
import { Promises } from '../promises.ts';
import type { Scenario } from '../scenario.ts';
import { startService } from '../service.ts';

/** Debian package `faketime`: steps the wall clock of one process, and leaves the monotonic one. */
const [LIBRARY = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
const HOUR_S = 3_600;
const STEPS_S = [HOUR_S, -HOUR_S, 0];
const TOLERANCE_S = 10;

/** Why no clock can be stepped here, or undefined. */
export function clockProblem(): string | undefined {
  return existsSync(LIBRARY) ? undefined : 'libfaketime is not installed (Debian: faketime)';
}

export const clockScenarios: readonly Scenario[] = [
  {
    name: 'clock stepped by an hour, forth and back',
    area: 'faults',
    seconds: { brief: 4, full: 4 },
    async run() {
      const promises = new Promises();
      const folder = mkdtempSync(join(tmpdir(), 'torture-clock-'));
      const file = join(folder, 'offset');
      const step = (seconds: number): void => writeFileSync(file, `${seconds >= 0 ? '+' : ''}${seconds}\n`);
      step(0);
      try {
        await using service = await startService('daytime', {
          SESSION_PORT: String(await freePort()),
          // A deadline by the wall clock would end the session with the first step.
          IDLE_TIMEOUT: '10m',
          LD_PRELOAD: LIBRARY,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
        });
        using session = await TcpClient.connect(service.port('session-tcp'));
        const told = async (): Promise<number> => {
          session.socket.write('timestamp\n');
          return Number((await session.take('1234567890\r\n'.length)).toString());
        };
        for (const seconds of [0, ...STEPS_S]) {
          step(seconds);
          const offset = (await told()) - Date.now() / 1_000;
          promises.expect(
            Math.abs(offset - seconds) < TOLERANCE_S,
            `daytime must follow a clock that is off by ${seconds} s.`,
            `off by ${offset.toFixed(1)} s`,
          );
          promises.equal(await service.status('/livez'), 200, `/livez with the clock off by ${seconds} s`);
        }
        const metrics = await service.metrics();
        promises.equal(metrics.value('l4_data_plane_worker_restarts_total'), 0, 'Restarts of the data plane');
        const idle = { listener: 'session-tcp', reason: 'idle' };
        promises.equal(metrics.value('l4_tcp_connections_closed_total', idle), 0, 'Sessions ended as idle');
      } finally {
        rmSync(folder, { recursive: true });
      }
      return {
        load: `an open session while the clock goes ${STEPS_S.join(' s, ')} s off`,
        lost: 'nothing',
        figures: {},
        broken: promises.broken,
      };
    },
  },
];
