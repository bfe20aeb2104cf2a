import { eventually } from '../tests/harness/eventually.ts';
import { ServiceProcess } from '../tests/harness/service-process.ts';
import { TcpClient } from '../tests/harness/tcp-client.ts';
import { type BadRequest, badRequests } from './admin-http/bad-requests.ts';
import { crowdIn, openStreams, pipeline } from './admin-http/crowds.ts';
import { holdSlowly, slowKinds } from './admin-http/slow-requests.ts';
import { promise } from './fuzz/fuzzed-parser.ts';
import { leaks } from './leaks.ts';
import type { Scenario } from './scenario.ts';

const SLOW_OF_EACH_KIND = { brief: 2, full: 100 };
const MAX_SHOWN = 5;
/** Characters of a path that an answer repeats. */
const MAX_REPEATED = 200;
/** Stands in no answer. */
const NOTHING = '\0';
/** The end of a body that has no bytes. */
const EMPTY_CHUNK = '0\r\n\r\n';
const HAS_NO_BODY = /^HEAD /;

type Refused = Pick<BadRequest, 'what' | 'statuses'>;

/** The admin listeners of a target and of the probe under everything that is not HTTP as they speak it. */
export const adminHttp: Scenario = {
  name: 'admin HTTP',
  area: 'hostile input',
  seconds: { brief: 20, full: 40 },
  async run(scale) {
    const env = { HOST: '127.0.0.1', LOG_LEVEL: 'info' };
    await using echo = await ServiceProcess.start('echo', { ...env, FAULTS: 'on' });
    const target = `echo+tcp://127.0.0.1:${echo.port('echo-tcp')}`;
    await using probe = await ServiceProcess.start('load-probe', { ...env, TARGETS: target });
    const services = { echo, 'load-probe': probe };
    const openFiles = await echo.metrics().then((metrics) => metrics.value('process_open_fds'));

    const count = SLOW_OF_EACH_KIND[scale];
    const slow = holdSlowly(portOf(echo), count);
    const broken: string[] = [];
    const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
      await work().catch((error: Error) => broken.push(`${what}: ${error.message}`));
    };
    for (const [name, service] of Object.entries(services)) {
      for (const bad of badRequests) await attempt(`${name}, ${bad.what}`, () => ask(portOf(service), bad));
      await attempt(`${name}, pipelining`, () => pipeline(portOf(service)));
    }
    await attempt('event streams', () => openStreams(portOf(probe)));
    let slowest = 0;
    for (const { kind, answer, status, seconds } of await slow) {
      slowest = Math.max(slowest, seconds);
      await attempt(`slow: ${kind}`, async () => {
        promise(answer !== undefined, () => 'the connection is still open');
        checkAnswer(answer ?? '', { what: kind, statuses: [status] }, NOTHING);
      });
    }
    // Now that the slow ones have left.
    await attempt('a crowd', () => crowdIn(echo));
    for (const [name, service] of Object.entries(services)) {
      await attempt(`${name}, afterwards`, () => checkUnharmed(service));
    }
    await attempt('echo, afterwards', () =>
      eventually(async () => {
        const now = (await echo.metrics()).value('process_open_fds');
        promise(now <= openFiles, () => `${now} files are open, ${openFiles} were before`);
      }),
    );
    return {
      load: `${2 * badRequests.length} bad requests, ${count * slowKinds.length} slow ones, 1,100 connections, 2,000 pipelined`,
      lost: `${broken.length} broke a promise`,
      figures: { 'longest held by a slow request': `${slowest.toFixed(1)} s` },
      broken: broken.slice(0, MAX_SHOWN),
    };
  },
};

function portOf(service: ServiceProcess): number {
  return Number(new URL(service.adminUrl).port);
}

/** @throws Error when the answer is not a proper refusal */
async function ask(port: number, bad: BadRequest): Promise<void> {
  const { bytes } = bad;
  using client = await TcpClient.connect(port);
  client.socket.write(bytes, 'latin1');
  // An event stream goes on for ever; whatever is waited for, the beginning of an answer is enough.
  const isStream = /^\w+ \/api\/events /.test(bytes);
  if (!isStream) client.socket.end();
  const answer = (await (isStream ? client.take(12) : client.takeAll())).toString('latin1');
  const [, path = NOTHING] = bytes.split(' ');
  checkAnswer(answer, bad, path === '' ? NOTHING : path.slice(0, MAX_REPEATED));
}

/** @param repeated a part of the request that the answer may repeat */
function checkAnswer(answer: string, { what, statuses }: Refused, repeated: string): void {
  const shown = (): string => JSON.stringify(answer.slice(0, 300));
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  promise(statuses.includes(status), () => `answered ${shown()}, expected was ${statuses.join(' or ')}`);
  // What is there is for everybody; a refusal is for strangers.
  if (status < 400) return;
  const told = leaks(answer.replaceAll(repeated, ''));
  promise(told.length === 0, () => `the answer tells ${told.join(', ')}: ${shown()}`);
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
  promise(!/^(server|x-powered-by|via):/im.test(head), () => `the answer names its server: ${shown()}`);
  const [, length] = /^content-length: (\d+)$/im.exec(head) ?? [];
  // Node itself refuses what is no HTTP, without a word.
  if (length === undefined)
    promise(body === '' || body === EMPTY_CHUNK, () => `the answer has a body: ${shown()}`);
  else if (!HAS_NO_BODY.test(what)) checkSentence(body.slice(0, Number(length)));
}

function checkSentence(json: string): void {
  const { error } = JSON.parse(json) as { error?: unknown };
  promise(typeof error === 'string' && error !== '', () => `the answer is no error in JSON: ${json}`);
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
