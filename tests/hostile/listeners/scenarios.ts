import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../harness/eventually.ts';
import { mainModule } from '../../harness/main-module.ts';
import { Random } from '../../harness/random.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import type { TcpClient } from '../../harness/tcp-client.ts';
import { type Mode, modes } from '../listeners.ts';
import type { Scenario } from '../scenario.ts';
import { attack, type Client } from './attack.ts';
import { attacks } from './attacks.ts';
import { datagramScenario } from './datagrams.ts';
import { Fleet } from './fleet.ts';

const MAX_SEED = 2 ** 31 - 1;
const MAX_SHOWN = 5;
const MIB = 1024 ** 2;

/** Clients that send any input and leave in every way. */
const everyWay: Scenario = {
  name: 'fuzz live listeners',
  area: 'hostile input',
  seconds: { brief: 8, full: 60 },
  async run(scale) {
    const seed = randomInt(MAX_SEED);
    const random = new Random(seed);
    await using fleet = await Fleet.start({ DIALOG_READ_TIMEOUT: '1m' });
    const broken: string[] = [];
    const startedAt = performance.now();
    let connections = 0;
    for (const { name, options, clients } of attacks) {
      const found: string[] = [];
      for (const mode of modes) {
        const all = await clients(mode, scale, random);
        connections += all.length;
        if (all.length > 0) found.push(...(await attack(fleet, mode, all, options)));
      }
      found.push(...(await fleet.harm()));
      broken.push(...found.map((sentence) => `${name}, seed ${seed}: ${sentence}`));
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    return {
      load: `${connections.toLocaleString('en')} connections, by ${attacks.length} attacks on ${modes.length} listeners`,
      lost: `${broken.length} broke a promise`,
      figures: {
        'connections per second': Math.round(connections / seconds).toLocaleString('en'),
        seed: String(seed),
      },
      broken: broken.slice(0, MAX_SHOWN),
    };
  },
};

/** Number of silent clients for each of the beginnings below, and of clients that send much and never read. */
const SILENT_CLIENTS = { brief: 5, full: 100 };
/** More than fits into the buffers to a peer that does not read: of echoes, and of longer replies. Bytes. */
const FLOOD_BYTES = {
  'echo-tcp': 16 * MIB,
  'dialog-tcp': 2 * MIB,
  'session-tcp': 2 * MIB,
  'daytime-tcp': 2 * MIB,
};
/** Header timeout (3 s), deadline of the protocol (1 s) and LINGER_MS (5 s), with a margin. */
const GONE_MS = 14_000;
/** A busy machine may be ten times slower. */
const GONE_BRIEF_MS = 10 * GONE_MS;

/** Clients that stop in the middle of an exchange and never close. */
const silence: Scenario = {
  name: 'clients that fall silent half-way',
  area: 'hostile input',
  seconds: { brief: 12, full: 20 },
  async run(scale) {
    const timeouts = { IDLE_TIMEOUT: '1s', DIALOG_READ_TIMEOUT: '1s', WRITE_TIMEOUT: '1s' };
    await using fleet = await Fleet.start(timeouts);
    await using clients = new AsyncDisposableStack();
    const broken: string[] = [];
    let count = 0;
    const open = async (mode: Mode, sent: string, reading: boolean): Promise<TcpClient> => {
      count += 1;
      const client = clients.use(await fleet.connect(mode, { reading, halfOpen: true }));
      client.socket.write(sent);
      return client;
    };
    const idle: Promise<[Mode, string]>[] = [];
    for (const mode of modes) {
      const exchange = mode.header + mode.request;
      const beginnings = [
        '',
        'P',
        mode.header.slice(0, -1),
        mode.header,
        exchange.slice(0, -1),
        exchange,
        `${exchange}more`,
      ];
      for (let index = 0; index < SILENT_CLIENTS[scale]; index += 1)
        await Promise.all(beginnings.map((sent) => open(mode, sent, index % 2 === 0)));
      await open(mode, mode.header + 'junk\n'.repeat(FLOOD_BYTES[mode.listener] / 5), false);
      const last = await open(mode, '', true);
      idle.push(last.ended.then((end) => [mode, end]));
    }
    // Ordinary clients are served meanwhile.
    await Promise.all(modes.map((mode) => fleet.serve(mode)));
    const startedAt = performance.now();
    try {
      await eventually(
        async () => {
          for (const service of fleet.processes) {
            const left = (await service.metrics()).sum('l4_tcp_connections_open');
            if (left > 0) throw new Error(`${left} silent connections are still open`);
          }
        },
        scale === 'full' ? GONE_MS : GONE_BRIEF_MS,
      );
      for (const [{ name }, end] of await Promise.all(idle))
        if (end !== 'FIN') broken.push(`${name}: a silent conversation ended by ${end}, not by FIN`);
    } catch (error) {
      broken.push((error as Error).message);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    await clients.disposeAsync();
    broken.push(...(await fleet.harm()));
    return {
      load: `${count.toLocaleString('en')} clients of ${modes.length} listeners that stop half-way and never end their side`,
      lost: 'all of them, by the timeouts',
      figures: { 'the last was ended after': `${seconds.toFixed(1)} s` },
      broken,
    };
  },
};

const AT_ONCE = 300;
const CLIENTS_PER_STAGE = 2_400;
/** Number of stages; in the first, heaps and caches grow to their size. A brief run that looks like a leak goes on. */
const STAGES = { brief: 4, full: 12 };
/** A leaked connection holds 600 bytes or more: over a stage, 1.4 MiB. */
const MAX_GROWTH_MIB = 1;
/** From one release of memory to the next, milliseconds. A reading is the minimum after three. */
const RELEASE_MS = 300;
/**
 * V8's optimizing compilers use up to ten megabytes when code gets hot, at an unknown time, and the allocator keeps
 * that memory. It is more than the leak that this scenario looks for.
 */
const WITHOUT_COMPILERS = `data:text/javascript,${encodeURIComponent(
  'import{setFlagsFromString as set}from"node:v8";set("--no-opt");set("--no-maglev")',
)}`;
const MEASURED = {
  NODE_OPTIONS: `--max-old-space-size=40 --max-semi-space-size=2 --import=${WITHOUT_COMPILERS} --import=${mainModule('tests/hostile/soak/release-memory.ts')}`,
  RELEASE_MEMORY_MS: String(RELEASE_MS),
};
const WATCHED = ['echo-tcp', 'dialog-tcp', 'session-tcp, PROXY required'];

/** Random bytes from always new sources, ended in every way, some with unread replies. */
const memory: Scenario = {
  name: 'memory under attack',
  area: 'hostile input',
  seconds: { brief: 12, full: 40 },
  async run(scale) {
    const seed = randomInt(MAX_SEED);
    const random = new Random(seed);
    const watched = modes.filter(({ name }) => WATCHED.includes(name));
    await using fleet = await Fleet.start(MEASURED, watched);
    const noise = ({ header }: Mode): Client => {
      const source = `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
      const leaves = random.pick(['FIN, reset', 'close', 'reset'] as const);
      return {
        pieces: [header.replace(/\d+(\.\d+){3}/, source), random.bytes(random.below(4_000))],
        ...(leaves === 'FIN, reset' ? { until: 'FIN' } : { reads: false }),
        leaves,
      };
    };
    const broken: string[] = [];
    const figures: Record<string, string> = {};
    let all = 0;
    for (const mode of watched) {
      const readings: number[] = [];
      // A leak grows in every stage. Garbage and allocators grow in some; on a busy machine in most of a few stages.
      while (
        readings.length < STAGES[scale] ||
        (growthOf(readings) >= MAX_GROWTH_MIB && readings.length < STAGES.full)
      ) {
        const clients = Array.from({ length: CLIENTS_PER_STAGE }, () => noise(mode));
        all += clients.length;
        broken.push(...(await attack(fleet, mode, clients, { atOnce: AT_ONCE })));
        // Connections that are still served are no leak: on a busy machine there may be hundreds.
        broken.push(...(await fleet.harm()));
        readings.push(await heldMib(fleet.process(mode)));
      }
      const growth = growthOf(readings);
      figures[`growth, ${mode.name}`] = `${growth.toFixed(1)} MiB a stage`;
      if (growth >= MAX_GROWTH_MIB)
        broken.push(
          `${mode.name}, seed ${seed}: grows by ${growth.toFixed(1)} MiB a stage, less than ${MAX_GROWTH_MIB} may stay; MiB after each: ${readings.map((reading) => reading.toFixed(1)).join(', ')}`,
        );
    }
    return {
      load: `${all.toLocaleString('en')} connections with noise, ${CLIENTS_PER_STAGE.toLocaleString('en')} in each stage`,
      lost: `${broken.length} broke a promise`,
      figures,
      broken: broken.slice(0, MAX_SHOWN),
    };
  },
};

/** The growth per reading: the median slope between all pairs, which a few outliers can't change. */
function growthOf(readings: readonly number[]): number {
  const growths = readings.flatMap((to, index) =>
    readings.slice(0, index).map((from, before) => (to - from) / (index - before)),
  );
  return growths.sort((a, b) => a - b)[Math.floor(growths.length / 2)]!;
}

/** The memory of a process after garbage collection. */
async function heldMib(service: ServiceProcess): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < 3; reading += 1) {
    service.child.kill('SIGUSR2');
    await delay(RELEASE_MS);
    least = Math.min(least, (await service.metrics()).value('process_resident_memory_bytes'));
  }
  return least / MIB;
}

export const listenerScenarios: readonly Scenario[] = [everyWay, datagramScenario, silence, memory];
