import { formats } from '../../../packages/daytime-format/src/index.ts';
import { keys as echoKeys } from '../../../services/echo/src/config.ts';
import { openEcho } from '../../../services/echo/src/worker.ts';
import { keys as daytimeKeys } from '../../../services/udp-daytime/src/config.ts';
import { openUdpDaytime } from '../../../services/udp-daytime/src/worker.ts';
import { udpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/free-port.ts';
import { LocalDataPlane } from '../../harness/local-data-plane.ts';
import type { Metrics } from '../../harness/metrics.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import { listeners } from '../listeners.ts';
import { Promises, type Scenario } from '../scenario.ts';
import type { Environment } from '../service.ts';
import { slowLoop } from './slow-path.ts';

/** Headers of IPv4 and UDP in front of every payload. Bytes. */
const HEADER_BYTES = 28;
const STRICT_BYTES = 64;
/** Maximum bytes on the wire that a forged request sends to its victim by default, per byte sent. */
const MAX_ON_WIRE = 3;
const ECHO_BYTES = 512;
/** The longest line of all formats, zones and days: packages/daytime-format/src/longest-lines.test.ts. */
const WORST_FORMAT = 'nist';
/** How often each request is sent: when the reply to the next one has come, a duplicate reply has come too. */
const ROUNDS = 3;
const EMPTY = Buffer.alloc(0);

interface Ratio {
  readonly payload: number;
  readonly wire: number;
}

/** Settings of echo-udp that decide which datagrams get a reply. */
const ECHO_SETTINGS: Readonly<Record<string, Environment>> = {
  'by default': {},
  'LOOP_GUARD=off': { LOOP_GUARD: 'off' },
  'for probes on an open network': { ALLOW: '127.0.0.0/8', RATE_PER_SOURCE: '10' },
};

const ratios: Scenario = {
  name: 'bytes out per byte in',
  area: 'amplification',
  seconds: { brief: 2, full: 2 },
  async run() {
    const promises = new Promises();
    const echoed = await measureEcho(promises);
    const reflected = await measureStamp(promises);
    // In this process, because the scenario does not depend on a process of its own.
    const open = (env: Environment) => LocalDataPlane.open(openUdpDaytime, daytimeKeys, env);
    await using byDefault = await open({});
    await using worstSet = await open({ FORMAT: WORST_FORMAT });
    await using strict = await open({ MIN_REQUEST_BYTES: String(STRICT_BYTES) });

    const empty = await measure(promises, byDefault, 'daytime-udp', EMPTY);
    const emptyWorst = await measure(promises, worstSet, 'daytime-udp', EMPTY);
    const named: [string, Ratio][] = [];
    const guarded: [string, Ratio][] = [];
    for (const format of formats) {
      named.push([format, await measure(promises, byDefault, 'daytime-udp', Buffer.from(format))]);
      const padded = Buffer.from(format.padEnd(STRICT_BYTES));
      guarded.push([format, await measure(promises, strict, 'daytime-udp', padded)]);
    }
    const all: [string, Ratio][] = [
      ['empty', empty],
      [`empty, FORMAT=${WORST_FORMAT}`, emptyWorst],
      ...named,
    ];
    for (const [request, { wire }] of all) {
      const promise = `${request} must bring at most ${MAX_ON_WIRE} bytes for a byte on the wire.`;
      promises.expect(wire <= MAX_ON_WIRE, promise, wire);
    }
    for (const [format, { payload, wire }] of guarded) {
      const promise = `${format} must bring no more than it costs in strict settings.`;
      promises.expect(payload <= 1 && wire <= 1, promise, { payload, wire });
    }
    const short = await unanswered(strict, STRICT_BYTES - 1);
    promises.equal(short, 1, `Requests of ${STRICT_BYTES - 1} bytes dropped as too short in strict settings`);
    const worst = most(all);
    const worstGuarded = most(guarded);
    return {
      load: `the smallest request for each of ${formats.length} formats, ${ECHO_BYTES} bytes and none of echo, and STAMP packets with and without TLVs`,
      lost: 'none',
      figures: {
        'echo-udp, in any setting': `${echoed.payload.toFixed(2)} payload, ${echoed.wire.toFixed(2)} wire`,
        'stamp-udp': `${reflected.payload.toFixed(2)} payload, ${reflected.wire.toFixed(2)} wire`,
        'daytime-udp, empty request': `${empty.wire.toFixed(2)} wire`,
        'daytime-udp, worst': `${worst[1].wire.toFixed(2)} wire (${worst[0]})`,
        [`daytime-udp, MIN_REQUEST_BYTES=${STRICT_BYTES}, worst`]: `${worstGuarded[1].payload.toFixed(2)} payload, ${worstGuarded[1].wire.toFixed(2)} wire (${worstGuarded[0]})`,
      },
      broken: promises.broken,
    };
  },
};

/** The worst ratio of echo over all settings. */
async function measureEcho(promises: Promises): Promise<Ratio> {
  const found: [string, Ratio][] = [];
  for (const [settings, env] of Object.entries(ECHO_SETTINGS)) {
    await using echo = await LocalDataPlane.open(openEcho, echoKeys, { TCP: 'off', ...env });
    const full = await measure(promises, echo, 'echo-udp', Buffer.alloc(ECHO_BYTES, 'x'));
    const empty = await measure(promises, echo, 'echo-udp', EMPTY);
    promises.equal(full.payload, 1, `Bytes that echo-udp sends for a byte, ${settings},`);
    promises.equal(empty.payload, 0, `Bytes that echo-udp sends for an empty datagram, ${settings},`);
    promises.equal(empty.wire, 1, `Bytes on the wire for one of an empty datagram, ${settings},`);
    found.push([settings, full], [settings, empty]);
  }
  return most(found)[1];
}

/** The worst ratio of a STAMP packet, the shortest, with TLVs that are filled in, and with bytes that are none. */
async function measureStamp(promises: Promises): Promise<Ratio> {
  const STAMP_PORT = String(await freePort());
  await using echo = await LocalDataPlane.open(openEcho, echoKeys, { TCP: 'off', UDP: 'off', STAMP_PORT });
  const base = Buffer.from(listeners['stamp-udp'].request, 'latin1');
  const tlvs = Buffer.from(
    `8004000400000000${'8005000c'.padEnd(32, '0')}${'80070010'.padEnd(40, '0')}`,
    'hex',
  );
  const found: [string, Ratio][] = [];
  for (const more of [EMPTY, tlvs, Buffer.alloc(ECHO_BYTES, 'x')]) {
    const ratio = await measure(promises, echo, 'stamp-udp', Buffer.concat([base, more]));
    promises.equal(
      ratio.payload,
      1,
      `Bytes that stamp-udp sends for a byte, with ${more.length} bytes of TLVs,`,
    );
    found.push([`${more.length} bytes of TLVs`, ratio]);
  }
  return most(found)[1];
}

interface Counts {
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** The ratio of reply to request, by the counts of the service and of its client. */
async function measure(
  promises: Promises,
  service: LocalDataPlane,
  listener: string,
  request: Buffer,
): Promise<Ratio> {
  await using client = await UdpClient.open();
  const before = countsOf(service.metrics(), listener);
  for (let round = 0; round < ROUNDS; round += 1) await client.ask(request, service.portOf(listener));
  const after = await eventually(() => {
    const metrics = service.metrics();
    const counts = countsOf(metrics, listener);
    const settled = counts.received - before.received >= ROUNDS && udpImbalance(metrics, listener) === 0;
    if (!settled) throw new Error(`the counts of ${listener} don't balance: ${JSON.stringify(counts)}`);
    return counts;
  });
  const of = (figure: keyof Counts): number => after[figure] - before[figure];
  const arrivedBytes = client.answers.reduce((sum, { length }) => sum + length, 0);
  const what = `of ${listener}, to ${ROUNDS} × ${JSON.stringify(request.toString('latin1', 0, 16))},`;
  promises.equal(of('received'), ROUNDS, `Requests that were counted ${what}`);
  promises.equal(of('receivedBytes'), ROUNDS * request.length, `Bytes of requests that were counted ${what}`);
  promises.equal(of('sent'), ROUNDS, `Answers that were counted ${what}`);
  promises.equal(client.answers.length, ROUNDS, `Answers that arrived ${what}`);
  promises.equal(arrivedBytes, of('sentBytes'), `Bytes that arrived ${what}`);
  // The larger of both, because bytes that were not counted have arrived too.
  const [datagrams, bytes] = [
    Math.max(of('sent'), client.answers.length),
    Math.max(of('sentBytes'), arrivedBytes),
  ];
  const wire = (bytes + datagrams * HEADER_BYTES) / (ROUNDS * (request.length + HEADER_BYTES));
  return { payload: bytes / Math.max(1, ROUNDS * request.length), wire };
}

function countsOf(metrics: Metrics, listener: string): Counts {
  return {
    received: metrics.value('l4_udp_datagrams_received_total', { listener }),
    sent: metrics.value('l4_udp_datagrams_sent_total', { listener }),
    receivedBytes: metrics.value('l4_udp_received_bytes_total', { listener }),
    sentBytes: metrics.value('l4_udp_sent_bytes_total', { listener }),
  };
}

function most(found: readonly [string, Ratio][]): [string, Ratio] {
  return found.reduce((worst, next) => (next[1].wire > worst[1].wire ? next : worst));
}

/** Sends a request that gets no reply. @returns how many datagrams the service dropped as too short */
async function unanswered(service: LocalDataPlane, bytes: number): Promise<number> {
  await using client = await UdpClient.open();
  const port = service.portOf('daytime-udp');
  client.send(Buffer.alloc(bytes), port);
  // Replies come in the order of the requests.
  await client.ask(Buffer.alloc(STRICT_BYTES), port);
  const labels = { listener: 'daytime-udp', reason: 'too_short' };
  return service.metrics().value('l4_udp_datagrams_dropped_total', labels);
}

export const amplificationScenarios: readonly Scenario[] = [ratios, slowLoop];
