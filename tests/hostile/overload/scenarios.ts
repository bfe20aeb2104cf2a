import { fileURLToPath } from 'node:url';
import { eventually } from '../../harness/eventually.ts';
import type { Metrics } from '../../harness/metrics.ts';
import type { Scale, Scenario } from '../scenario.ts';
import { besiege, type Siege } from './flood.ts';
import { untilCounted, untilFull } from './settled.ts';

type Judged = Parameters<Siege['judge']>[0];

const TCP = { listener: 'echo-tcp' } as const;
const UDP = { listener: 'echo-udp' } as const;
const OF_ECHO = { UDP: 'off', IDLE_TIMEOUT: '10m' };
/** As many as the default limit per source allows, or fewer. */
const CLIENTS_PER_SOURCE = 500;
/** One connection more than the crowd: that of the well-behaved client. */
const WITNESS = 1;
const FILES = 256;

function scenario(name: string, seconds: Scenario['seconds'], siege: (scale: Scale) => Siege): Scenario {
  return { name, area: 'overload', seconds, run: (scale) => besiege(siege(scale), scale) };
}

/** Every connection is on the books, and nothing else; none ended otherwise than it should. */
function expectExact({ metrics, promises, done, ours }: Judged, served: number): void {
  promises.equal(done.wrong, 0, 'Connections that ended neither served nor by RST');
  const accepted = metrics.value('l4_tcp_connections_accepted_total', TCP);
  promises.equal(accepted, served + ours.connections, 'Accepted connections on the books');
}

function refusals(metrics: Metrics, reason: string): number {
  return metrics.value('l4_tcp_connections_refused_total', { ...TCP, reason });
}

function received(metrics: Metrics): number {
  return metrics.value('l4_tcp_received_bytes_total', TCP);
}

function closures(metrics: Metrics, reason: string): number {
  return metrics.value('l4_tcp_connections_closed_total', { ...TCP, reason });
}

/** In brief: services/echo/test/tcp-limits.test.ts and tests/hostile/listeners/floods.ts. */
const crowd = scenario('twice the connection limit', { brief: 0, full: 60 }, (scale) => {
  const limit = scale === 'full' ? 10_000 : 1_000;
  const clients = 2 * limit;
  return {
    ...TCP,
    env: { ...OF_ECHO, MAX_CONNECTIONS: String(limit) },
    attack: { kind: 'hold', clients, sources: Math.ceil(clients / CLIENTS_PER_SOURCE) },
    lastsMs: 1_000,
    still: true,
    during({ metrics, promises }) {
      // The last place is that of the well-behaved client, which has just left.
      promises.equal(metrics.value('l4_tcp_connections_open', TCP), limit - WITNESS, 'Open connections');
    },
    judge(judged) {
      const { metrics, promises, ready, done } = judged;
      const refused = clients - limit + WITNESS;
      promises.equal(ready.opened, limit - WITNESS, 'Connections of the crowd that were served');
      promises.equal(ready.refused, refused, 'Connections of the crowd that were refused by RST');
      promises.equal(done.held, limit - WITNESS, 'Connections of the crowd that were kept to the end');
      promises.equal(refusals(metrics, 'max_connections'), refused, 'Refusals on the books');
      expectExact(judged, ready.opened);
      return {
        load: `${clients} connections offered to a limit of ${limit}`,
        lost: `${ready.refused} refused, ${ready.opened - done.held} of the served`,
        figures: {},
      };
    },
  };
});

/**
 * Short of memory the kernel now and then drops what it can't keep and tries again ever later: the two ends of such a
 * connection stand still with all that was written in the server's kernel. It owes nothing that a write could wait for,
 * and is idle.
 */
const MUTE_IDLE_SHARE = 0.01;

/** Each fills up to 8 MiB of the kernel's memory for sockets; a brief one leaves other programs theirs. */
const MUTES = { brief: 5, full: 5_000 } as const;

/** The one flood in brief: `besiege` holds the same of each. */
const mute = scenario('clients that never read', { brief: 9, full: 65 }, (scale) => {
  const clients = MUTES[scale];
  const timeoutSeconds = scale === 'full' ? 20 : 3;
  const idleSeconds = 2 * timeoutSeconds;
  return {
    ...TCP,
    env: { ...OF_ECHO, WRITE_TIMEOUT: `${timeoutSeconds}s`, IDLE_TIMEOUT: `${idleSeconds}s` },
    attack: { kind: 'mute', clients, sources: Math.ceil(clients / CLIENTS_PER_SOURCE) },
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
      promises.equal(ready.opened, clients, 'Connections of the crowd');
      promises.equal(stuck + idle, clients, 'Connections closed for not reading, or as idle,');
      promises.expect(
        idle <= Math.ceil(clients * MUTE_IDLE_SHARE),
        'Nearly all must be closed for not reading.',
        {
          idle,
        },
      );
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
 * More than a client's kernel takes unread, so that the rest is with the server's, and less than makes both run short of
 * memory: a kernel that is short drops what it got, then takes no RST (RFC 9293 3.10.7.4 has it within a window that is
 * no more), and learns only by its next probe of that window that nobody is there.
 */
const LEFT_BYTES = 128 * 1024;

/** In brief: packages/sockets/test/tcp-books.test.ts and tests/hostile/listeners/memory.test.ts. */
const leavers = scenario('clients that never read, and leave', { brief: 0, full: 30 }, (scale) => {
  const clients = MUTES[scale];
  return {
    ...TCP,
    env: { ...OF_ECHO, WRITE_TIMEOUT: '10m' },
    attack: {
      kind: 'mute',
      clients,
      sources: Math.ceil(clients / CLIENTS_PER_SOURCE),
      bytesEach: LEFT_BYTES,
    },
    settled: untilFull,
    lastsMs: 1_000,
    still: true,
    during({ metrics, promises }) {
      promises.equal(metrics.value('l4_tcp_connections_open', TCP), clients, 'Connections that are stuck');
    },
    judge(judged) {
      const { metrics, promises } = judged;
      const reset = closures(metrics, 'reset');
      // The well-behaved client may be stopped in the middle of an exchange.
      const all = reset === clients || reset === clients + WITNESS;
      promises.expect(all, `All ${clients} must be reset, who left answers unread.`, reset);
      expectExact(judged, clients);
      return {
        load: `${clients} clients that send 128 KiB, never read and go away together`,
        lost: `${reset} that left`,
        figures: {},
      };
    },
  };
});

const DRIP_SECONDS = { brief: 3, full: 10 } as const;
/** Bytes of each client, that of its first exchange and one more: then all of them drip. */
const DRIPPING_BYTES = 2;

/** In brief: services/echo/test/tcp-deadlines.test.ts and tests/hostile/listeners/floods.ts. */
const drip = scenario('clients that send a byte a second', { brief: 0, full: 45 }, (scale) => {
  const clients = scale === 'full' ? 5_000 : 500;
  return {
    ...TCP,
    env: OF_ECHO,
    attack: { kind: 'drip', clients, sources: Math.ceil(clients / CLIENTS_PER_SOURCE) },
    settled: untilCounted(received, DRIPPING_BYTES * clients),
    lastsMs: DRIP_SECONDS[scale] * 1_000,
    still: false,
    judge(judged) {
      const { promises, ready, done } = judged;
      promises.equal(ready.opened, clients, 'Connections that were served');
      promises.equal(done.held, clients, 'Connections kept to the end');
      promises.equal(done.answered, done.sent, 'Bytes that came back');
      expectExact(judged, clients);
      return {
        load: `${clients} clients, a byte a second each, ${done.sent} bytes`,
        lost: `${done.sent - done.answered} bytes`,
        figures: {},
      };
    },
  };
});

/** However long that takes: a storm of fewer connections is none. */
const STORM_LEAST = { brief: 100, full: 10_000 } as const;

/** In brief: tests/hostile/listeners/resets.ts and crowds.ts. */
const resets = scenario('connections that are reset at once', { brief: 0, full: 30 }, (scale) => ({
  ...TCP,
  env: OF_ECHO,
  attack: { kind: 'reset', clients: 64, sources: 8 },
  settled: untilCounted((metrics) => closures(metrics, 'reset'), STORM_LEAST[scale]),
  lastsMs: scale === 'full' ? 10_000 : 2_000,
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
}));

/** Of a flood of ten times the rate, less what the kernel dropped, a tenth is answered; this share of it at least. */
const FLOOD_LEAST = 0.9;

/** In brief: services/echo/test/udp-guard.test.ts and tests/hostile/listeners/datagrams.test.ts. */
const flood = scenario('ten times the rate of one source', { brief: 0, full: 30 }, (scale) => {
  const rate = scale === 'full' ? 1_000 : 200;
  const lastsMs = scale === 'full' ? 8_000 : 2_000;
  return {
    ...UDP,
    env: { TCP: 'off', RATE_PER_SOURCE: String(rate) },
    attack: { kind: 'flood', clients: 10 * rate, sources: 1 },
    lastsMs,
    still: false,
    judge({ metrics, promises, done, ours }) {
      const dropped = metrics.value('l4_udp_datagrams_dropped_total', { ...UDP, reason: 'rate' });
      const tooMany = metrics.value('l4_udp_socket_drops_total', UDP);
      const received = metrics.value('l4_udp_datagrams_received_total', UDP);
      const others = received + tooMany - done.sent;
      promises.expect(
        others >= ours.datagrams.least && others <= ours.datagrams.most,
        'Every datagram must be on the books, and no other.',
        { others, ...ours.datagrams },
      );
      // By the books: one who floods may miss answers to itself.
      const answered = received - dropped - others;
      promises.expect(done.answered <= answered, 'No answer may come that was not sent.', done.answered);
      // A burst of twice the rate, then the rate, for as long as the flood lasted.
      const [least, most] = [(FLOOD_LEAST * (done.sent - tooMany)) / 10, rate * (3 + done.seconds)];
      promises.expect(
        answered >= least && answered <= most,
        `A source must get its rate, ${Math.floor(least)} to ${Math.ceil(most)} answers.`,
        answered,
      );
      return {
        load: `${done.sent} datagrams from one source at ${10 * rate}/s, the limit is ${rate}/s`,
        lost: `${dropped} dropped, ${tooMany} by the kernel`,
        figures: {},
      };
    },
  };
});

/** In brief: services/echo/test/descriptors.test.ts. */
const descriptors = scenario('no file descriptors left', { brief: 0, full: 25 }, () => {
  const clients = 2 * FILES;
  const script = fileURLToPath(new URL('./few-files.sh', import.meta.url));
  return {
    ...TCP,
    env: OF_ECHO,
    launcher: ['sh', script, String(FILES)],
    attack: { kind: 'hold', clients, sources: 4 },
    lastsMs: 2_000,
    still: true,
    async during({ service, promises }) {
      promises.equal(await service.status('/livez'), 200, '/livez while no descriptor is left');
    },
    judge(judged) {
      const { metrics, promises, ready, service } = judged;
      promises.equal(ready.opened + ready.refused, clients, 'Served and refused together');
      promises.expect(
        ready.opened > FILES / 2,
        'More than half of the files must serve clients.',
        ready.opened,
      );
      promises.equal(refusals(metrics, 'no_descriptors'), ready.refused, 'Refusals on the books');
      expectExact(judged, ready.opened);
      const notices = service.log.filter(({ msg }) => msg.startsWith('connections are refused'));
      promises.expect(
        notices.length >= 1 && notices.length <= 2,
        'It must be said, once in 10 s.',
        notices.length,
      );
      return {
        load: `${clients} connections offered to a process that may open ${FILES} files`,
        lost: `${ready.refused} refused, none of the served`,
        figures: { served: String(ready.opened) },
      };
    },
  };
});

export const overloadScenarios: readonly Scenario[] = [
  crowd,
  flood,
  mute,
  leavers,
  drip,
  resets,
  descriptors,
];
