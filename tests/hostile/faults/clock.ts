import { freePort } from '../../harness/free-port.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { SteppedClock } from '../../harness/stepped-clock.ts';
import { Promises, type Scale, type Scenario } from '../scenario.ts';
import { startService } from '../service.ts';
import { askingClient, DEADLINE, expectEnd, silentClients } from './silent-clients.ts';
import { RATE, SpentSource } from './spent-source.ts';
import { steppedProbe } from './stepped-probe.ts';

const HOUR_S = 3_600;
/** Offsets of the wall clock, one after the other: an hour forward, then back. Seconds. */
const OFFSETS_S = [HOUR_S, 0];
const TOLERANCE_S = 10;
/** Maximum time from the last byte of a client to its end. By a wall clock that was set back it would be an hour. */
const LATEST_MS: Readonly<Record<Scale, number>> = { full: 3_500, brief: 15_000 };

export const clockScenarios: readonly Scenario[] = [
  {
    name: 'clock stepped by an hour, forth and back',
    area: 'faults',
    seconds: { brief: 8, full: 8 },
    async run(scale) {
      const promises = new Promises();
      using clock = new SteppedClock();
      await clock.verify(HOUR_S);
      const deadlines = { IDLE_TIMEOUT: DEADLINE, WRITE_TIMEOUT: DEADLINE, DIALOG_READ_TIMEOUT: DEADLINE };
      await using echo = await startService('echo', {
        ...deadlines,
        ...clock.env,
        DIALOG_PORT: String(await freePort()),
        RATE_PER_SOURCE: String(RATE),
      });
      await using daytime = await startService('daytime', {
        ...deadlines,
        ...clock.env,
        SESSION_PORT: String(await freePort()),
      });
      const url = `echo+tcp://127.0.0.1:${echo.port('echo-tcp')}`;
      const targets = [`${url}?name=fresh`, `${url}?name=sticky&flow=sticky`];
      const [silent, { samples, failed }] = await Promise.all([
        stepBy(clock, { echo, daytime }, LATEST_MS[scale], promises),
        steppedProbe(targets, scale, promises),
      ]);
      const restarts = 'l4_data_plane_worker_restarts_total';
      for (const service of [echo, daytime])
        promises.equal((await service.metrics()).value(restarts), 0, 'Restarts of the data plane');
      return {
        load: `${silent} silent clients, a source over its rate and a probe, while the clock goes ${HOUR_S} s forth and back`,
        lost: `${failed} of ${samples} samples`,
        figures: {},
        broken: promises.broken,
      };
    },
  },
];

/** Steps the clock around silent clients. @returns how many clients there were */
async function stepBy(
  clock: SteppedClock,
  { echo, daytime }: Readonly<Record<'echo' | 'daytime', ServiceProcess>>,
  latestMs: number,
  promises: Promises,
): Promise<number> {
  let before = 0;
  let silent = 0;
  for (const offset of OFFSETS_S) {
    const step = `${offset - before} s`;
    before = offset;
    using owned = new DisposableStack();
    await using source = await SpentSource.spend(echo);
    const clients = await silentClients(echo, daytime, owned);
    silent += clients.length;
    clock.stepTo(offset);
    await Promise.all([
      ...clients.map((client) => expectEnd(client, latestMs, promises, step)),
      source.expectRate(latestMs, promises, step),
      expectDaytime(daytime, offset, promises),
    ]);
    for (const service of [echo, daytime])
      promises.equal(await service.status('/livez'), 200, `/livez after a step of ${step}`);
  }
  return silent;
}

async function expectDaytime(daytime: ServiceProcess, offset: number, promises: Promises): Promise<void> {
  using owned = new DisposableStack();
  const { answer } = await askingClient(daytime.port('session-tcp'), 'timestamp\n', owned);
  const off = Number(answer) - Date.now() / 1_000;
  promises.expect(
    Math.abs(off - offset) < TOLERANCE_S,
    `daytime must follow a clock that is off by ${offset} s.`,
    `off by ${off.toFixed(1)} s`,
  );
}
