import { eventually } from '../../harness/eventually.ts';
import type { Metrics } from '../../harness/metrics.ts';
import type { Scale, Scenario } from '../scenario.ts';
import { type AttackPlan, attackEcho } from './flood.ts';
import { untilCounted, untilFull } from './settled.ts';

type Judged = Parameters<AttackPlan['judge']>[0];

const TCP = { listener: 'echo-tcp' } as const;
const UDP = { listener: 'echo-udp' } as const;
const OF_ECHO = { UDP: 'off', IDLE_TIMEOUT: '10m' };
/** At most the default limit per source. */
const CLIENTS_PER_SOURCE = 500;
const sourcesOf = (clients: number): number => Math.ceil(clients / CLIENTS_PER_SOURCE);
/** The one connection of the well-behaved client. */
const WELL_BEHAVED = 1;

function scenario(
  name: string,
  seconds: Scenario['seconds'],
  plan: AttackPlan | ((scale: Scale) => AttackPlan),
): Scenario {
  const run: Scenario['run'] = (scale) => attackEcho(typeof plan === 'function' ? plan(scale) : plan, scale);
  return { name, area: 'overload', seconds, run };
}

/** Expects exactly the connections to be counted, and none to end in a wrong way. */
function expectExact({ metrics, promises, done, ours }: Judged, served: number): void {
  promises.equal(done.wrong, 0, 'Connections that ended neither served nor by RST');
  const accepted = metrics.value('l4_tcp_connections_accepted_total', TCP);
  promises.equal(accepted, served + ours.connections, 'Accepted connections');
}

function refusals(metrics: Metrics, reason: string): number {
  return metrics.value('l4_tcp_connections_refused_total', { ...TCP, reason });
}

function closures(metrics: Metrics, reason: string): number {
  return metrics.value('l4_tcp_connections_closed_total', { ...TCP, reason });
}

const LIMIT = 10_000;
const OFFERED = 2 * LIMIT;

/** In brief: services/echo/test/tcp-limits.test.ts. */
const tooMany = scenario(
  'twice the connection limit',
  { brief: 0, full: 60 },
  {
    ...TCP,
    env: { ...OF_ECHO, MAX_CONNECTIONS: String(LIMIT) },
    attack: { kind: 'hold', clients: OFFERED, sources: sourcesOf(OFFERED) },
    lastsMs: 1_000,
    still: true,
    during({ metrics, promises }) {
      // The last connection of the limit belongs to the well-behaved client, which has just closed.
      promises.equal(metrics.value('l4_tcp_connections_open', TCP), LIMIT - WELL_BEHAVED, 'Open connections');
    },
    judge(judged) {
      const { metrics, promises, ready, done } = judged;
      const refused = OFFERED - LIMIT + WELL_BEHAVED;
      promises.equal(ready.opened, LIMIT - WELL_BEHAVED, 'Connections that were served');
      promises.equal(ready.refused, refused, 'Connections that were refused by RST');
      promises.equal(done.held, LIMIT - WELL_BEHAVED, 'Connections that were kept to the end');
      promises.equal(refusals(metrics, 'max_connections'), refused, 'Refusals that were counted');
      expectExact(judged, ready.opened);
      return {
        load: `${OFFERED} connections offered to a limit of ${LIMIT}`,
        lost: `${ready.refused} refused, ${ready.opened - done.held} of the served`,
        figures: {},
      };
    },
  },
);

/**
 * Maximum share of connections that end as idle. A kernel short of memory sometimes drops segments and retries at
 * growing intervals. Such a connection makes no progress with all written bytes in the server's send buffer: no bytes
 * are pending in the service, so it counts as idle.
 */
const MUTE_IDLE_SHARE = 0.01;

/** Number of clients. Each fills up to 8 MiB of the kernel's memory for sockets; few in brief, for other programs. */
const MUTES = { brief: 5, full: 5_000 } as const;

/** The only attack in brief: `attackEcho` checks the promises of all. */
const mute = scenario('clients that never read', { brief: 9, full: 65 }, (scale) => {
  const clients = MUTES[scale];
  const timeoutSeconds = scale === 'full' ? 20 : 3;
  return {
    ...TCP,
    env: { ...OF_ECHO, WRITE_TIMEOUT: `${timeoutSeconds}s`, IDLE_TIMEOUT: `${2 * timeoutSeconds}s` },
    attack: { kind: 'mute', clients, sources: sourcesOf(clients) },
    settled: untilFull,
    lastsMs: scale === 'full' ? 5_000 : 1_000,
    still: true,
    during: ({ service }) =>
      eventually(async () => {
        const metrics = await service.metrics();
        const ended = closures(metrics, 'write_timeout') + closures(metrics, 'idle');
        if (ended < clients) throw new Error(`the timeouts have ended ${ended} of ${clients}`);
      }),
    judge(judged) {
      const { metrics, promises, ready } = judged;
      const stuck = closures(metrics, 'write_timeout');
      const idle = closures(metrics, 'idle');
      promises.equal(ready.opened, clients, 'Connections');
      promises.equal(stuck + idle, clients, 'Connections closed for not reading, or as idle,');
      const most = Math.ceil(clients * MUTE_IDLE_SHARE);
      promises.expect(idle <= most, 'Nearly all must be closed for not reading.', { idle });
      expectExact(judged, clients);
      return {
        load: `${clients} clients that send and never read`,
        lost: `all of them: ${stuck} closed by WRITE_TIMEOUT, ${idle} by IDLE_TIMEOUT`,
        figures: {},
      };
    },
  };
});

/**
 * More than the client's receive buffer holds, so that the rest is in the server's send buffer, but not so much that
 * both kernels run short of memory. A kernel short of memory drops segments and then ignores a RST outside of its
 * smaller window (RFC 9293 3.10.7.4): only its next window probe shows that the peer is gone.
 */
const LEFT_BYTES = 128 * 1024;
const MANY = 5_000;

/** In brief: tests/hostile/listeners/attacks.ts. */
const leavers = scenario(
  'clients that never read, and leave',
  { brief: 0, full: 30 },
  {
    ...TCP,
    env: { ...OF_ECHO, WRITE_TIMEOUT: '10m' },
    attack: { kind: 'mute', clients: MANY, sources: sourcesOf(MANY), bytesEach: LEFT_BYTES },
    settled: untilFull,
    lastsMs: 1_000,
    still: true,
    during({ metrics, promises }) {
      promises.equal(metrics.value('l4_tcp_connections_open', TCP), MANY, 'Connections that are stuck');
    },
    judge(judged) {
      const { metrics, promises } = judged;
      const reset = closures(metrics, 'reset');
      // The well-behaved client may be stopped during an exchange.
      const all = reset === MANY || reset === MANY + WELL_BEHAVED;
      promises.expect(all, `All ${MANY} must be reset, who left answers unread.`, reset);
      expectExact(judged, MANY);
      return {
        load: `${MANY} clients that send 128 KiB, never read and go away together`,
        lost: `${reset} that left`,
        figures: {},
      };
    },
  },
);

/** Bytes of each client: the first exchange and one more byte show that all of them drip. */
const DRIPPING_BYTES = 2;

/** In brief: services/echo/test/tcp-deadlines.test.ts. */
const drip = scenario(
  'clients that send a byte a second',
  { brief: 0, full: 45 },
  {
    ...TCP,
    env: OF_ECHO,
    attack: { kind: 'drip', clients: MANY, sources: sourcesOf(MANY) },
    settled: untilCounted(
      (metrics) => metrics.value('l4_tcp_received_bytes_total', TCP),
      DRIPPING_BYTES * MANY,
    ),
    lastsMs: 10_000,
    still: false,
    judge(judged) {
      const { promises, ready, done } = judged;
      promises.equal(ready.opened, MANY, 'Connections that were served');
      promises.equal(done.held, MANY, 'Connections kept to the end');
      promises.equal(done.answered, done.sent, 'Bytes that came back');
      expectExact(judged, MANY);
      return {
        load: `${MANY} clients, a byte a second each, ${done.sent} bytes`,
        lost: `${done.sent - done.answered} bytes`,
        figures: {},
      };
    },
  },
);

/** Minimum connections, in any time: fewer are no burst. */
const LEAST_RESETS = 10_000;

/** In brief: tests/hostile/listeners/attacks.ts. */
const resets = scenario(
  'connections that are reset at once',
  { brief: 0, full: 30 },
  {
    ...TCP,
    env: OF_ECHO,
    attack: { kind: 'reset', clients: 64, sources: 8 },
    settled: untilCounted((metrics) => closures(metrics, 'reset'), LEAST_RESETS),
    lastsMs: 10_000,
    still: false,
    judge(judged) {
      const { done } = judged;
      expectExact(judged, done.opened);
      return {
        load: `${done.opened} connections reset as soon as they were there`,
        lost: `${done.wrong} that did not come about`,
        figures: {},
      };
    },
  },
);

const RATE = 1_000;
/** A flood of ten times the rate gets replies to a tenth, without datagrams the kernel dropped; at least this share. */
const LEAST_ANSWERED = 0.9;

/** In brief: services/echo/test/udp-guard.test.ts. */
const flood = scenario(
  'ten times the rate of one source',
  { brief: 0, full: 30 },
  {
    ...UDP,
    env: { TCP: 'off', RATE_PER_SOURCE: String(RATE) },
    attack: { kind: 'flood', clients: 10 * RATE, sources: 1 },
    lastsMs: 8_000,
    still: false,
    judge({ metrics, promises, done, ours }) {
      const dropped = metrics.value('l4_udp_datagrams_dropped_total', { ...UDP, reason: 'rate' });
      const tooMany = metrics.value('l4_udp_socket_drops_total', UDP);
      const received = metrics.value('l4_udp_datagrams_received_total', UDP);
      const others = received + tooMany - done.sent;
      promises.expect(
        others >= ours.datagrams.least && others <= ours.datagrams.most,
        'Every datagram must be counted, and no other.',
        { others, ...ours.datagrams },
      );
      // By the counters of the service: the flooding client may miss replies.
      const answered = received - dropped - others;
      promises.expect(done.answered <= answered, 'No answer may come that was not sent.', done.answered);
      // A burst of twice the rate, then the rate, over the duration of the flood.
      const [least, most] = [(LEAST_ANSWERED * (done.sent - tooMany)) / 10, RATE * (3 + done.seconds)];
      promises.expect(
        answered >= least && answered <= most,
        `A source must get its rate, ${Math.floor(least)} to ${Math.ceil(most)} answers.`,
        answered,
      );
      return {
        load: `${done.sent} datagrams from one source at ${10 * RATE}/s, the limit is ${RATE}/s`,
        lost: `${dropped} dropped, ${tooMany} by the kernel`,
        figures: {},
      };
    },
  },
);

const FILES = 256;

/** In brief: services/echo/test/descriptors.test.ts. */
const descriptors = scenario(
  'no file descriptors left',
  { brief: 0, full: 25 },
  {
    ...TCP,
    env: OF_ECHO,
    launcher: ['sh', '-c', `ulimit -n ${FILES}; exec "$0" "$@"`],
    attack: { kind: 'hold', clients: 2 * FILES, sources: 4 },
    lastsMs: 2_000,
    still: true,
    async during({ service, promises }) {
      promises.equal(await service.status('/livez'), 200, '/livez while no descriptor is left');
    },
    judge(judged) {
      const { metrics, promises, ready, service } = judged;
      const { opened, refused } = ready;
      promises.equal(opened + refused, 2 * FILES, 'Served and refused together');
      promises.expect(opened > FILES / 2, 'More than half of the files must serve clients.', opened);
      promises.equal(refusals(metrics, 'no_descriptors'), refused, 'Refusals that were counted');
      expectExact(judged, opened);
      const notices = service.log.filter(({ msg }) => msg.startsWith('connections are refused')).length;
      promises.expect(notices >= 1 && notices <= 2, 'It must be said, once in 10 s.', notices);
      return {
        load: `${2 * FILES} connections offered to a process that may open ${FILES} files`,
        lost: `${refused} refused, none of the served`,
        figures: { served: String(opened) },
      };
    },
  },
);

export const overloadScenarios: readonly Scenario[] = [
  ...[tooMany, flood, mute, leavers, drip, resets, descriptors],
];
