import { eventually } from '../../harness/eventually.ts';
import { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { promise } from '../fuzz/fuzzed-parser.ts';
import type { Scenario } from '../scenario.ts';
import { type AdminRequest, adminServices } from './admin-request.ts';
import { badRequests } from './bad-requests.ts';
import { checkAnswer } from './check-answer.ts';
import { crowdIn, openStreams, pipeline } from './floods.ts';
import { goodRequests } from './good-requests.ts';
import { Neighbour } from './neighbour.ts';
import { holdSlowly, MAX_HELD_S, slowKinds } from './slow-requests.ts';

const SLOW_OF_EACH_KIND = { brief: 1, full: 100 };
/** How long the port stays full. Milliseconds. */
const CROWD_STAYS_MS = 3_000;
const MAX_SHOWN = 5;

/** The admin listeners of a target and of the probe under everything that is not HTTP as they speak it. */
export const adminHttp: Scenario = {
  name: 'admin HTTP',
  area: 'hostile input',
  seconds: { brief: 20, full: 40 },
  async run(scale) {
    const env = { HOST: '127.0.0.1', LOG_LEVEL: 'info' };
    await using echo = await ServiceProcess.start('echo', { ...env, FAULTS: 'on' });
    const openFiles = await echo.metrics().then((metrics) => metrics.value('process_open_fds'));
    // On the data plane of the target, from before the storm to its end.
    await using neighbour = await Neighbour.beside(echo, scale);
    const target = `echo+tcp://127.0.0.1:${echo.port('echo-tcp')}`;
    await using probe = await ServiceProcess.start('load-probe', { ...env, TARGETS: target });
    const services = { echo, 'load-probe': probe };
    const good = await goodRequests(target);

    const count = SLOW_OF_EACH_KIND[scale];
    const slow = holdSlowly(portOf(echo), count);
    const broken: string[] = [];
    const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
      await work().catch((error: Error) => broken.push(`${what}: ${error.message}`));
    };
    for (const name of adminServices) {
      const port = portOf(services[name]);
      for (const request of [...good, ...badRequests]) {
        await attempt(`${name}, ${request.what}`, () => ask(port, request, request.status[name]));
      }
      await attempt(`${name}, pipelining`, () => pipeline(port));
    }
    await attempt('event streams', () => openStreams(portOf(probe)));
    let slowest = 0;
    for (const { kind, answer, status, bytes, seconds } of await slow) {
      slowest = Math.max(slowest, seconds);
      await attempt(`slow: ${kind}`, async () => {
        promise(answer !== undefined, () => 'the connection is still open');
        checkAnswer(answer ?? '', bytes, status);
        // Beside other tests nothing is promised of time.
        const onTime = scale === 'brief' || seconds <= MAX_HELD_S;
        promise(onTime, () => `held the connection for ${seconds.toFixed(1)} s, ${MAX_HELD_S} s at most`);
      });
    }
    // Now that the slow ones have left. In brief: packages/runtime/test/admin.test.ts and tests/hostile/admin-http/admin.test.ts.
    if (scale === 'full') await attempt('a crowd', () => crowdIn(echo, CROWD_STAYS_MS));
    const beside = await neighbour.stop();
    broken.push(...beside.broken);
    for (const name of adminServices) {
      await attempt(`${name}, afterwards`, () => checkUnharmed(services[name]));
    }
    await attempt('echo, afterwards', () =>
      eventually(async () => {
        const now = (await echo.metrics()).value('process_open_fds');
        promise(now <= openFiles, () => `${now} files are open, ${openFiles} were before`);
      }),
    );
    const asked = `${2 * badRequests.length} bad requests and ${2 * good.length} good ones`;
    return {
      load: `${asked}, ${count * slowKinds.length} slow ones${scale === 'full' ? ', 1,100 connections' : ''}, 2,000 pipelined`,
      lost: `${broken.length} broke a promise`,
      figures: { 'longest held by a slow request': `${slowest.toFixed(1)} s`, ...beside.figures },
      broken: broken.slice(0, MAX_SHOWN),
    };
  },
};

function portOf(service: ServiceProcess): number {
  return Number(new URL(service.adminUrl).port);
}

/** @throws Error when the answer is not the one that was expected, or tells too much */
async function ask(port: number, { bytes }: AdminRequest, status: number): Promise<void> {
  using client = await TcpClient.connect(port);
  client.socket.end(bytes, 'latin1');
  checkAnswer((await client.takeAll()).toString('latin1'), bytes, status);
}

async function checkUnharmed(service: ServiceProcess): Promise<void> {
  await eventually(async () => {
    for (const path of ['/livez', '/readyz'] as const) {
      const status = await service.status(path);
      promise(status === 200, () => `${path} answers ${status}`);
    }
  });
  const restarts = (await service.metrics()).value('l4_data_plane_worker_restarts_total');
  promise(restarts === 0, () => `${restarts} workers died`);
  const complaints = service.log.filter(({ level }) => level === 'error' || level === 'fatal');
  promise(complaints.length === 0, () => `it logged ${JSON.stringify(complaints[0])}`);
  promise(service.stderr === '', () => `it wrote ${service.stderr}`);
}
