import { randomInt } from 'node:crypto';
import { Random } from '../../harness/random.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { Control } from '../faults/control.ts';
import { Promises, type Scenario } from '../scenario.ts';
import { harmTo, openFilesOf, startService } from '../service.ts';
import { checkAnswer } from './answer.ts';
import {
  answerTo,
  fillPort,
  holdSlowly,
  openStreams,
  pipeline,
  sendAllFirst,
  sendNoise,
  slowKinds,
  tunnel,
} from './attacks.ts';
import { adminServices, badRequests, goodRequests } from './requests.ts';

const SLOW_OF_EACH_KIND = { brief: 1, full: 100 };
const NOISY_CLIENTS = { brief: 100, full: 2_000 };
/** How long the port stays full. Milliseconds. */
const FULL_MS = 3_000;
const MAX_SHOWN = 5;
const MAX_SEED = 2 ** 31 - 1;

/** Attacks the admin listeners of a target and of the probe with invalid and hostile HTTP. */
export const adminHttp: Scenario = {
  name: 'admin HTTP',
  area: 'hostile input',
  seconds: { brief: 20, full: 40 },
  async run(scale) {
    const seed = randomInt(MAX_SEED);
    const env = { HOST: '127.0.0.1' };
    await using echo = await startService('echo', { ...env, FAULTS: 'on' });
    const target = `echo+tcp://127.0.0.1:${echo.port('echo-tcp')}`;
    // The target of the probe is idle, so that it has no connection open when files are counted.
    await using probe = await startService('load-probe', { ...env, TARGETS: `${target}?interval=24h` });
    const services = { echo, 'load-probe': probe };
    const filesOf = { echo: await openFilesOf(echo), 'load-probe': await openFilesOf(probe) };
    const good = await goodRequests(target);
    const promises = new Promises();

    // A client of the target's data plane, from before the attack to its end.
    await using control = new Control(() => echo.port('echo-tcp'));
    const count = SLOW_OF_EACH_KIND[scale];
    const slow = holdSlowly(portOf(echo), count, scale === 'full');
    for (const name of adminServices) {
      const port = portOf(services[name]);
      for (const { what, bytes, status } of [...good, ...badRequests]) {
        await promises.attempt(`${name}, ${what}`, async () =>
          checkAnswer(await answerTo(port, bytes), bytes, status[name]),
        );
      }
      await promises.attempt(`${name}, pipelining`, () => pipeline(port));
    }
    const port = portOf(echo);
    const noise = new Random(seed);
    await promises.attempt(`noise, seed ${seed}`, () => sendNoise(port, NOISY_CLIENTS[scale], noise));
    await promises.attempt('a tunnel', () => tunnel(port));
    const [json, html] = ['application/json', 'text/html'];
    await promises.attempt('a body that is too long', () => sendAllFirst(port, '/livez', json, 413));
    await promises.attempt('a body that no route takes', () => sendAllFirst(port, '/nowhere', html, 404));
    await promises.attempt('event streams', () => openStreams(portOf(probe)));
    const { longest, broken } = await slow;
    promises.broken.push(...broken);
    // Now that the slow ones have left. In brief: packages/runtime/test/admin.test.ts.
    if (scale === 'full') await promises.attempt('a full port', () => fillPort(port, FULL_MS));
    await control.stop();
    promises.equal(control.asked - control.answered, 0, 'Exchanges that were lost on the data plane');
    for (const name of adminServices) {
      const harm = await harmTo(services[name], filesOf[name]);
      promises.broken.push(...harm.map((sentence) => `${name}, afterwards: ${sentence}`));
    }
    const asked = `${2 * badRequests.length} bad requests and ${2 * good.length} good ones`;
    return {
      load: `${asked}, ${count * slowKinds} slow ones,${scale === 'full' ? ' 1,100 connections,' : ''} ${NOISY_CLIENTS[scale]} with noise, 2,000 pipelined`,
      lost: `${promises.broken.length} broke a promise`,
      figures: {
        'longest held by a slow request': `${longest.toFixed(1)} s`,
        'beside it': `${control.asked} exchanges, the longest gap ${control.longestGapMs.toFixed()} ms`,
      },
      broken: promises.broken.slice(0, MAX_SHOWN),
    };
  },
};

function portOf(service: ServiceProcess): number {
  return Number(new URL(service.adminUrl).port);
}
