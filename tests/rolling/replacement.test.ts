import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { type HaProxy, startHaProxy } from '../harness/haproxy.ts';
import { programProblem } from '../harness/programs.ts';
import { skipFor } from '../harness/skip-for.ts';
import { Replica } from './replica.ts';
import { RunningCheck, type Series } from './running-check.ts';

const RATE_PER_SECOND = 50;
/** Connections of fresh flows at each replica before anything happens to it. */
const WARM = 10;
/** The slowest series takes this many in the time that two replacements take at least. */
const MIN_OK = 10;
const CLEAN_EXIT = { code: 0, signal: null };

type Place = 'a' | 'b';
type Places = Readonly<Record<Place, Replica>>;
type Route = 'echo' | 'daytime' | 'session';

const settings = [
  'option httpchk GET /readyz',
  // Nor may HAProxy make up for what a replica refuses.
  'retries 0',
];

describe('two replicas of each service behind HAProxy', skipFor(programProblem('haproxy')), () => {
  const stack = new AsyncDisposableStack();
  let echo: Places;
  let daytime: Places;
  let proxy: HaProxy<Route>;

  beforeAll(async () => {
    const start = async (service: string): Promise<Replica> => stack.use(await Replica.start(service));
    const [echoA, echoB, daytimeA, daytimeB] = await Promise.all(
      ['echo', 'echo', 'daytime', 'daytime'].map(start),
    );
    echo = { a: echoA!, b: echoB! };
    daytime = { a: daytimeA!, b: daytimeB! };
    const serversOf = ({ a, b }: Places, key: 'PORT' | 'SESSION_PORT') => ({
      a: a.server(key),
      b: b.server(key),
    });
    proxy = stack.use(
      await startHaProxy({
        echo: { servers: serversOf(echo, 'PORT'), settings },
        daytime: { servers: serversOf(daytime, 'PORT'), settings },
        session: { servers: serversOf(daytime, 'SESSION_PORT'), settings },
      }),
    );
  });
  afterAll(() => stack.disposeAsync());

  function freshUrls(): string[] {
    const { echo: echoPort, daytime: daytimePort } = proxy.ports;
    return [
      `echo+tcp://127.0.0.1:${echoPort}?name=echo`,
      `daytime+tcp://127.0.0.1:${daytimePort}?name=daytime`,
    ];
  }

  function stickyUrls(): string[] {
    const { echo: echoPort, session } = proxy.ports;
    return [
      `echo+tcp://127.0.0.1:${echoPort}?name=echo-sticky&flow=sticky`,
      `session+tcp://127.0.0.1:${session}?name=session-sticky&flow=sticky`,
    ];
  }

  /** Starts checks, and waits until each replica has had its share of the fresh flows. */
  async function underWay(...urls: readonly string[][]): Promise<RunningCheck[]> {
    const replicas = [echo, daytime].flatMap(({ a, b }) => [a, b]);
    const before = await Promise.all(replicas.map((replica) => replica.accepted()));
    const checks = urls.map((ofOne) => stack.use(new RunningCheck(RATE_PER_SECOND, ofOne)));
    await eventually(async () => {
      for (const [index, replica] of replicas.entries()) {
        expect(await replica.accepted()).toBeGreaterThan(before[index]! + WARM);
      }
    });
    return checks;
  }

  async function replace(replica: Replica, place: Place, routes: readonly Route[]): Promise<void> {
    expect(await replica.replace()).toEqual(CLEAN_EXIT);
    for (const route of routes)
      await eventually(async () => expect(await proxy.isUp(route, place)).toBe(true));
  }

  it('should be replaced one after the other with no failed sample', async () => {
    const [fresh, sticky] = await underWay(freshUrls(), stickyUrls());
    for (const place of ['a', 'b'] as const) {
      await Promise.all([
        replace(echo[place], place, ['echo']),
        replace(daytime[place], place, ['daytime', 'session']),
      ]);
    }
    const { code, targets: freshTargets } = await fresh!.stop();
    expect(freshTargets.map(failed)).toEqual(freshTargets.map(() => ({})));
    expect(code).toBe(0);
    const { targets: stickyTargets } = await sticky!.stop();
    for (const series of stickyTargets) {
      // What was asked while the FIN was on its way has no answer: on TCP there is no other way to say goodbye.
      const { closed: _crossed, ...others } = failed(series);
      expect(others, series.id).toEqual({});
    }
    for (const { id, outcomes, flow, flowDeaths } of [...freshTargets, ...stickyTargets]) {
      expect(outcomes.ok, id).toBeGreaterThan(MIN_OK);
      const causes = flowDeaths.last.map(({ cause }) => cause);
      expect(new Set(causes), id).toEqual(new Set(flow === 'sticky' ? ['fin'] : []));
    }
  });

  it('should show failed samples when they are killed instead, or the test above means nothing', async () => {
    const [check] = await underWay(freshUrls());
    await Promise.all([echo.a.kill(), daytime.a.kill()]);
    await eventually(async () => expect(await proxy.isUp('echo', 'a')).toBe(false));
    await eventually(async () => expect(await proxy.isUp('daytime', 'a')).toBe(false));
    const { code, targets } = await check!.stop();
    const failures = Object.fromEntries(targets.map((series) => [series.id, failed(series)]));
    expect(failures.echo).not.toEqual({});
    expect(failures.daytime).not.toEqual({});
    expect(code).toBe(1);
  });
});

/** Outcomes that say that the target failed, and how often; without those that the probe blames on itself. */
function failed({ outcomes }: Series): Record<string, number> {
  const failures = Object.entries(outcomes).filter(
    ([outcome, count]) => outcome !== 'ok' && outcome !== 'prober_late' && count > 0,
  );
  return Object.fromEntries(failures);
}
