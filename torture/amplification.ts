import { formats } from '../packages/daytime-format/src/index.ts';
import { parseMetrics } from '../tests/harness/metrics.ts';
import type { ServiceProcess } from '../tests/harness/service-process.ts';
import { UdpClient } from '../tests/harness/udp-client.ts';
import { Namespace } from './namespace.ts';
import { Promises } from './promises.ts';
import type { Scenario } from './scenario.ts';
import { startService } from './service.ts';

/** Headers of IPv4 and UDP in front of every payload. Bytes. */
const HEADER_BYTES = 28;
const STRICT_BYTES = 64;
/** What a forged request may bring down on its victim by default, bytes on the wire for each sent. */
const MOST_ON_WIRE = 3;
const ECHO_BYTES = 512;

interface Ratio {
  readonly payload: number;
  readonly wire: number;
}

const ratios: Scenario = {
  name: 'bytes out per byte in',
  area: 'amplification',
  seconds: { brief: 3, full: 3 },
  async run() {
    const promises = new Promises();
    await using echo = await startService('echo', { TCP: 'off' });
    await using byDefault = await startService('udp-daytime');
    await using strict = await startService('udp-daytime', { MIN_REQUEST_BYTES: String(STRICT_BYTES) });

    const echoed = await measure(echo, 'echo-udp', Buffer.alloc(ECHO_BYTES, 'x'));
    promises.equal(echoed.payload, 1, 'Bytes that echo-udp sends for a byte');
    const empty = await measure(byDefault, 'daytime-udp', Buffer.alloc(0));
    const named: [string, Ratio][] = [];
    const guarded: [string, Ratio][] = [];
    for (const format of formats) {
      named.push([format, await measure(byDefault, 'daytime-udp', Buffer.from(format))]);
      const padded = Buffer.from(format.padEnd(STRICT_BYTES));
      guarded.push([format, await measure(strict, 'daytime-udp', padded)]);
    }
    for (const [format, { wire }] of [['an empty datagram', empty] as const, ...named]) {
      promises.expect(
        wire <= MOST_ON_WIRE,
        `${format} must bring at most ${MOST_ON_WIRE} bytes for a byte on the wire.`,
        wire,
      );
    }
    for (const [format, { payload }] of guarded) {
      promises.expect(
        payload <= 1,
        `${format} must bring no more than it costs in strict settings.`,
        payload,
      );
    }
    const short = await unanswered(strict, STRICT_BYTES - 1);
    promises.equal(short, 1, `Requests of ${STRICT_BYTES - 1} bytes dropped as too short in strict settings`);
    const worst = most([['empty', empty], ...named]);
    const worstGuarded = most(guarded);
    return {
      load: `the smallest request for each of ${formats.length} formats, and ${ECHO_BYTES} bytes of echo`,
      lost: 'none',
      figures: {
        'echo-udp': `${echoed.payload.toFixed(2)} payload, ${echoed.wire.toFixed(2)} wire`,
        'daytime-udp, empty request': `${empty.wire.toFixed(2)} wire`,
        'daytime-udp, worst': `${worst[1].wire.toFixed(2)} wire (${worst[0]})`,
        [`daytime-udp, MIN_REQUEST_BYTES=${STRICT_BYTES}, worst`]: `${worstGuarded[1].payload.toFixed(2)} payload, ${worstGuarded[1].wire.toFixed(2)} wire (${worstGuarded[0]})`,
      },
      broken: promises.broken,
    };
  },
};

/** What a request comes to, by the books of the service and by what arrives here. */
async function measure(service: ServiceProcess, listener: string, request: Buffer): Promise<Ratio> {
  await using client = await UdpClient.open();
  const answer = await client.ask(request, service.port(listener));
  const wire = (answer.length + HEADER_BYTES) / (request.length + HEADER_BYTES);
  return { payload: answer.length / request.length, wire };
}

function most(found: readonly [string, Ratio][]): [string, Ratio] {
  return found.reduce((worst, next) => (next[1].wire > worst[1].wire ? next : worst));
}

/** Sends a request that gets no answer; how many the service dropped for being too short. */
async function unanswered(service: ServiceProcess, bytes: number): Promise<number> {
  await using client = await UdpClient.open();
  const port = service.port('daytime-udp');
  client.send(Buffer.alloc(bytes), port);
  // Answers come in the order of the requests.
  await client.ask(Buffer.alloc(STRICT_BYTES), port);
  const labels = { listener: 'daytime-udp', reason: 'too_short' };
  return (await service.metrics()).value('l4_udp_datagrams_dropped_total', labels);
}

/** Where the forged datagrams say that they come from. */
const FORGER_PORT = 5_555;
const FORGED = 100;
const RATE = 1_000;

/** Two services that are made to answer each other, on the ports given. */
function loop(name: string, echoPort: number, daytimePort: number, mostAnswers: number): Scenario {
  return {
    name,
    area: 'amplification',
    seconds: { brief: 5, full: 5 },
    async run() {
      const promises = new Promises();
      using namespace = new Namespace();
      namespace.execute('nft', 'add table ip forge');
      namespace.execute('nft', 'add chain ip forge out { type filter hook output priority raw; }');
      // Conntrack would bring the answers back to whom they are due.
      const rule = `udp sport ${FORGER_PORT} udp dport ${daytimePort} notrack udp sport set ${echoPort}`;
      namespace.execute('nft', `add rule ip forge out ${rule}`);
      const common = { HOST: '127.0.0.1', RATE_PER_SOURCE: String(RATE) };
      const ports = [echoPort, daytimePort].map((port) => ({ ...common, PORT: String(port) }));
      await using echo = await startService('echo', { ...ports[0]!, TCP: 'off' }, namespace.launcher);
      await using daytime = await startService('udp-daytime', ports[1]!, namespace.launcher);
      await namespace.evaluate(FORGER, String(FORGER_PORT), String(daytimePort), String(FORGED));
      const first = await answersOf(namespace, echo, daytime);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const then = await answersOf(namespace, echo, daytime);
      promises.expect(first.received >= FORGED, 'The forged datagrams must have arrived.', first.received);
      promises.expect(
        then.sent <= mostAnswers,
        `No more than ${mostAnswers} answers may be sent.`,
        then.sent,
      );
      promises.equal(then.sent - first.sent, 0, 'Answers sent a second later');
      return {
        load: `${FORGED} datagrams to udp-daytime on port ${daytimePort}, forged to come from echo on port ${echoPort}`,
        lost: 'none of a client',
        figures: { 'answers sent': String(then.sent) },
        broken: promises.broken,
      };
    },
  };
}

const FORGER = `
  import { createSocket } from 'node:dgram';
  import { setTimeout as delay } from 'node:timers/promises';
  const [from, to, count] = process.argv.slice(1).map(Number);
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(from, '127.0.0.1', resolve));
  for (let sent = 0; sent < count; sent += 1) await new Promise((done) => socket.send('?', to, '127.0.0.1', done));
  await delay(2_000);
  process.exit();`;

async function answersOf(
  namespace: Namespace,
  ...services: readonly ServiceProcess[]
): Promise<{ received: number; sent: number }> {
  const all = await Promise.all(
    services.map(async ({ adminUrl }) => parseMetrics(await namespace.fetch(`${adminUrl}/metrics`))),
  );
  const sum = (name: string): number => all.reduce((total, metrics) => total + metrics.sum(name), 0);
  return { received: sum('l4_udp_datagrams_received_total'), sent: sum('l4_udp_datagrams_sent_total') };
}

export const amplificationScenarios: readonly Scenario[] = [ratios];

/** They need network namespaces. */
export const loopScenarios: readonly Scenario[] = [
  loop('two services on their own ports set on each other', 7_007, 7_013, 0),
  // A burst of twice the rate each, and what is refilled while it lasts.
  loop('two services on other ports set on each other', 15_007, 15_013, 10 * RATE),
];
