import { randomInt } from 'node:crypto';
import { Random } from '../../harness/random.ts';
import { ListenerBooks } from './accounting.ts';
import { echoes, mirrored, times } from './datagram-clients.ts';
import { oneShot, session } from './daytime-clients.ts';
import { dialog } from './dialog-clients.ts';
import { longLived, runaway, slowReader, stuckReader, visitor } from './echo-clients.ts';
import type { Fleet, Member } from './fleet.ts';
import { type Findings, Load, POOL_BYTES } from './load.ts';
import { adminVisitor, streamReader } from './page-clients.ts';

const SECOND_MS = 1_000;

/** Some clients of one kind. */
interface Crowd {
  readonly who: string;
  readonly clients: number;
  /** Between two turns of one client. */
  readonly pauseMs: readonly [least: number, most: number];
  turn(load: Load): Promise<void>;
}

/**
 * Everybody who talks to the fleet but the probe: together a moderate load, of every kind there is. Resolves when the
 * signal has been given and every client has ended what it was at.
 */
export async function runClients(fleet: Fleet, signal: AbortSignal, findings: Findings): Promise<void> {
  const pool = new Random(randomInt(2 ** 31)).bytes(POOL_BYTES);
  const crowds = [
    ...echoCrowds(fleet.driven.echo),
    ...echoCrowds(fleet.driven.twoWorkers),
    ...roughCrowds(fleet.driven.twoWorkers),
    ...daytimeCrowds(fleet.driven.daytime),
    ...udpDaytimeCrowds(fleet.driven.udpDaytime),
    ...adminCrowds(fleet),
  ];
  await Promise.all(
    crowds.flatMap(({ who, clients, pauseMs, turn }) =>
      Array.from({ length: clients }, () => {
        const load = new Load(randomInt(2 ** 31), pool, signal, findings);
        return load.repeat(who, () => turn(load), pauseMs);
      }),
    ),
  );
}

function echoCrowds(member: Member): Crowd[] {
  const tcp = listenerOf(member, 'echo-tcp');
  const udp = listenerOf(member, 'echo-udp');
  const talk = listenerOf(member, 'dialog-tcp');
  const { name } = member;
  return [
    { who: `${name}: long lived`, clients: 4, pauseMs: [10, 100], turn: (load) => longLived(load, tcp) },
    { who: `${name}: visitor`, clients: 4, pauseMs: [50, 400], turn: (load) => visitor(load, tcp) },
    {
      who: `${name}: slow reader`,
      clients: 1,
      pauseMs: [5 * SECOND_MS, 15 * SECOND_MS],
      turn: (load) => slowReader(load, tcp),
    },
    {
      who: `${name}: dialog`,
      clients: 3,
      pauseMs: [50, 400],
      turn: (load) => dialog(load, talk.port, talk.books),
    },
    {
      who: `${name}: datagrams`,
      clients: 2,
      pauseMs: [50, 200],
      turn: (load) => echoes(load, udp.port, udp.books),
    },
    ...mirroredCrowd(name, udp),
  ];
}

/** Those that leave with answers under way: what the service has counted then is known within bounds only. */
function roughCrowds(member: Member): Crowd[] {
  const tcp = listenerOf(member, 'echo-tcp');
  const { name } = member;
  return [
    { who: `${name}: runaway`, clients: 1, pauseMs: [200, SECOND_MS], turn: (load) => runaway(load, tcp) },
    {
      who: `${name}: stuck reader`,
      clients: 1,
      pauseMs: [20 * SECOND_MS, 60 * SECOND_MS],
      turn: (load) => stuckReader(load, tcp),
    },
  ];
}

function daytimeCrowds(member: Member): Crowd[] {
  const once = listenerOf(member, 'daytime-tcp');
  const long = listenerOf(member, 'session-tcp');
  return [
    {
      who: 'daytime: one shot',
      clients: 2,
      pauseMs: [50, 300],
      turn: (load) => oneShot(load, once.port, once.books),
    },
    {
      who: 'daytime: session',
      clients: 3,
      pauseMs: [50, 400],
      turn: (load) => session(load, long.port, long.books),
    },
  ];
}

function udpDaytimeCrowds(member: Member): Crowd[] {
  const udp = listenerOf(member, 'daytime-udp');
  return [
    {
      who: 'udp-daytime: datagrams',
      clients: 2,
      pauseMs: [50, 200],
      turn: (load) => times(load, udp.port, udp.books),
    },
    ...mirroredCrowd(member.name, udp),
  ];
}

function mirroredCrowd(name: string, { port, books }: ReturnType<typeof listenerOf>): Crowd[] {
  return [
    {
      who: `${name}: mirrored datagram`,
      clients: 1,
      pauseMs: [SECOND_MS, 3 * SECOND_MS],
      turn: (load) => mirrored(load, port, books),
    },
  ];
}

function adminCrowds(fleet: Fleet): Crowd[] {
  const { adminUrl } = fleet.probe.service;
  return [
    {
      who: 'event stream',
      clients: 3,
      pauseMs: [100, 2 * SECOND_MS],
      turn: (load) => streamReader(load, adminUrl),
    },
    {
      who: 'admin port',
      clients: 1,
      pauseMs: [200, SECOND_MS],
      turn: (load) => adminVisitor(load, load.random.pick(fleet.members).service.adminUrl),
    },
  ];
}

function listenerOf({ service, books }: Member, listener: string): { port: number; books: ListenerBooks } {
  return { port: service.port(listener), books: new ListenerBooks(books, listener) };
}
