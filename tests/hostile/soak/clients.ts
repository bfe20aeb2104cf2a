import { randomInt } from 'node:crypto';
import { Random } from '../../harness/random.ts';
import { CountedListener } from './accounting.ts';
import { echoes, mirrored, times } from './datagram-clients.ts';
import { oneShot, session } from './daytime-clients.ts';
import { dialog } from './dialog-clients.ts';
import { longLived, runaway, slowReader, stuckReader, visitor } from './echo-clients.ts';
import type { Fleet, Member } from './fleet.ts';
import { type Findings, Load, POOL_BYTES } from './load.ts';
import { adminVisitor, streamReader } from './page-clients.ts';

/** One turn of a client, the number of such clients, and the pause between two turns, milliseconds. */
type Kind<To> = readonly [
  what: string,
  turn: (load: Load, to: To) => Promise<void>,
  clients: number,
  pauseMs: readonly [least: number, most: number],
];

const ECHO_TCP: readonly Kind<CountedListener>[] = [
  ['long lived', longLived, 4, [10, 100]],
  ['visitor', visitor, 4, [50, 400]],
  ['slow reader', slowReader, 1, [5_000, 15_000]],
];
/** Clients that leave with replies in flight: the counts of the service are then known only within bounds. */
const ROUGH: readonly Kind<CountedListener>[] = [
  ['runaway', runaway, 1, [200, 1_000]],
  ['stuck reader', stuckReader, 1, [20_000, 60_000]],
];
const DIALOG: readonly Kind<CountedListener>[] = [['dialog', dialog, 3, [50, 400]]];
const MIRRORED: Kind<CountedListener> = ['mirrored datagram', mirrored, 1, [1_000, 3_000]];
const ECHO_UDP: readonly Kind<CountedListener>[] = [['datagrams', echoes, 2, [50, 200]], MIRRORED];
const DAYTIME: readonly Kind<CountedListener>[] = [['one shot', oneShot, 2, [50, 300]]];
const SESSION: readonly Kind<CountedListener>[] = [['session', session, 3, [50, 400]]];
const DAYTIME_UDP: readonly Kind<CountedListener>[] = [['datagrams', times, 2, [50, 200]], MIRRORED];
const PAGE: readonly Kind<string>[] = [['event stream', streamReader, 3, [100, 2_000]]];
const ADMIN: readonly Kind<Fleet>[] = [
  [
    'admin port',
    (load, { members }) => adminVisitor(load, load.random.pick(members).service.adminUrl),
    1,
    [200, 1_000],
  ],
];

/**
 * Runs all clients of the fleet except the probe: together a moderate load of every kind. Resolves after the signal,
 * when every client has ended its turn.
 */
export async function runClients(fleet: Fleet, signal: AbortSignal, findings: Findings): Promise<void> {
  const pool = new Random(randomInt(2 ** 31)).bytes(POOL_BYTES);
  const running: Promise<void>[] = [];
  const run = <To>(who: string, kinds: readonly Kind<To>[], to: To): void => {
    for (const [what, turn, clients, pauseMs] of kinds) {
      for (let client = 0; client < clients; client += 1) {
        const load = new Load(randomInt(2 ** 31), pool, signal, findings);
        running.push(load.repeat(`${who}: ${what}`, () => turn(load, to), pauseMs));
      }
    }
  };
  const { echo, twoWorkers, daytime, udpDaytime } = fleet.driven;
  for (const member of [echo, twoWorkers]) {
    run(member.name, ECHO_TCP, listenerOf(member, 'echo-tcp'));
    run(member.name, DIALOG, listenerOf(member, 'dialog-tcp'));
    run(member.name, ECHO_UDP, listenerOf(member, 'echo-udp'));
  }
  run(twoWorkers.name, ROUGH, listenerOf(twoWorkers, 'echo-tcp'));
  run(daytime.name, DAYTIME, listenerOf(daytime, 'daytime-tcp'));
  run(daytime.name, SESSION, listenerOf(daytime, 'session-tcp'));
  run(udpDaytime.name, DAYTIME_UDP, listenerOf(udpDaytime, 'daytime-udp'));
  run(fleet.probe.name, PAGE, fleet.probe.service.adminUrl);
  run('any', ADMIN, fleet);
  await Promise.all(running);
}

function listenerOf({ service, counts }: Member, listener: string): CountedListener {
  return new CountedListener(counts, listener, service.port(listener));
}
