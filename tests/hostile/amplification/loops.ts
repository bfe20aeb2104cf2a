import { eventually } from '../../harness/eventually.ts';
import { type Metrics, parseMetrics } from '../../harness/metrics.ts';
import { Namespace } from '../../harness/namespace.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { listeners } from '../listeners.ts';
import { Promises, type Scenario } from '../scenario.ts';
import { type Environment, startService } from '../service.ts';

/** The real source port of the forged datagrams, which a rule rewrites. */
const FORGER_PORT = 5_555;
export const FORGED = 100;
export const RATE = 1_000;
/** The burst of a source, as seconds of its rate: packages/sockets/src/policy/source-limits.ts. */
export const BURST_SECONDS = 2;
/** Maximum replies of one service to one source in this time. */
export function maxReplies(seconds: number): number {
  return Math.ceil(RATE * (BURST_SECONDS + seconds));
}

type Listener = 'echo-udp' | 'daytime-udp' | 'stamp-udp';
type Pair = readonly [Listener, Listener];

export function settingsOf(listener: Listener, port: number): Environment {
  const common = { HOST: '127.0.0.1', RATE_PER_SOURCE: String(RATE), PORT: String(port) };
  if (listener === 'stamp-udp')
    return { ...common, PORT: '0', TCP: 'off', UDP: 'off', STAMP_PORT: String(port) };
  return listener === 'echo-udp' ? { ...common, TCP: 'off' } : common;
}

/** Makes two services reply to each other, on the given ports. */
function loop(
  name: string,
  [onePort, otherPort]: readonly [number, number],
  pairs: readonly Pair[],
  answered: boolean,
): Scenario {
  return {
    name,
    area: 'amplification',
    seconds: { brief: 3, full: 3 * pairs.length },
    async run(scale) {
      const promises = new Promises();
      const figures: Record<string, string> = {};
      // The same code limits every pair: in brief the mixed pair is enough.
      for (const [one, other] of scale === 'brief' ? pairs.slice(0, 1) : pairs) {
        using namespace = new Namespace();
        // Any bytes are a request of the others.
        const payload = other === 'stamp-udp' ? STAMP_HEX : '3f';
        namespace.execute('nft', 'add table ip forge');
        namespace.execute('nft', 'add chain ip forge out { type filter hook output priority raw; }');
        // Conntrack would translate the replies back to the real source.
        const rule = `udp sport ${FORGER_PORT} udp dport ${otherPort} notrack udp sport set ${onePort}`;
        namespace.execute('nft', `add rule ip forge out ${rule}`);
        const { launcher } = namespace;
        await using first = await startService(listeners[one].service, settingsOf(one, onePort), launcher);
        await using second = await startService(
          listeners[other].service,
          settingsOf(other, otherPort),
          launcher,
        );
        const startedAt = performance.now();
        await namespace.evaluate(FORGER, String(FORGER_PORT), String(otherPort), String(FORGED), payload);
        const ended = await stopped(() => answersOf(namespace, first, second));
        const most = answered ? maxReplies((performance.now() - startedAt) / 1_000) : 0;
        const between = `${one} and ${other}`;
        const received = Math.min(...ended.map((each) => each.received));
        promises.expect(
          ended[1]!.received >= FORGED,
          `${between}: the forged datagrams must have arrived.`,
          ended,
        );
        promises.expect(
          !answered || received >= FORGED,
          `${between}: each must have answered the other.`,
          ended,
        );
        for (const { sent } of ended) {
          promises.expect(
            sent <= most,
            `${between}: no more than ${most} answers may be sent by each.`,
            ended,
          );
        }
        figures[`answers sent, ${between}`] = String(ended.reduce((sum, { sent }) => sum + sent, 0));
      }
      return {
        load: `${FORGED} datagrams to port ${otherPort}, forged to come from port ${onePort}`,
        lost: 'none of a client',
        figures,
        broken: promises.broken,
      };
    },
  };
}

const FORGER = `
  import { createSocket } from 'node:dgram';
  const [from, to, count] = process.argv.slice(1, 4).map(Number);
  const payload = Buffer.from(process.argv[4], 'hex');
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(from, '127.0.0.1', resolve));
  for (let sent = 0; sent < count; sent += 1) await new Promise((done) => socket.send(payload, to, '127.0.0.1', done));
  process.exit();`;

interface Traffic {
  readonly received: number;
  readonly sent: number;
}

/** The counts once they no longer change: in a loop they would change between any two scrapes. */
async function stopped(scrape: () => Promise<readonly Traffic[]>): Promise<readonly Traffic[]> {
  let before: string | undefined;
  return eventually(async () => {
    const now = await scrape();
    const isSame = JSON.stringify(now) === before;
    before = JSON.stringify(now);
    if (!isSame || now.every(({ received }) => received === 0))
      throw new Error(`the loop goes on: ${before}`);
    return now;
  });
}

async function answersOf(namespace: Namespace, ...looped: readonly ServiceProcess[]): Promise<Traffic[]> {
  return Promise.all(
    looped.map(async ({ adminUrl }) => trafficOf(parseMetrics(await namespace.fetch(`${adminUrl}/metrics`)))),
  );
}

export function trafficOf(metrics: Metrics): Traffic {
  return {
    received: metrics.sum('l4_udp_datagrams_received_total'),
    sent: metrics.sum('l4_udp_datagrams_sent_total'),
  };
}

const STAMP_HEX = Buffer.from(listeners['stamp-udp'].request, 'latin1').toString('hex');

/** The scenarios that need network namespaces. */
export const loopScenarios: readonly Scenario[] = [
  loop(
    'two services on their own ports set on each other',
    [7_007, 7_013],
    [['echo-udp', 'daytime-udp']],
    false,
  ),
  loop(
    'two STAMP reflectors, one on its own port, set on each other',
    [7_862, 17_862],
    [['stamp-udp', 'stamp-udp']],
    false,
  ),
  loop(
    'two services on other ports set on each other',
    [15_007, 15_013],
    [
      ['echo-udp', 'daytime-udp'],
      ['daytime-udp', 'daytime-udp'],
      ['echo-udp', 'echo-udp'],
      ['stamp-udp', 'stamp-udp'],
    ],
    true,
  ),
];
