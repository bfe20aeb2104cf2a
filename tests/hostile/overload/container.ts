import { readFileSync } from 'node:fs';
import { socketsOf } from '@echo-daytime/linux/proc';
import { eventually } from '../../harness/eventually.ts';
import { ContainedEcho } from '../contained-echo.ts';
import { Promises, type Scenario } from '../scenario.ts';
import { Attacker } from './attack.ts';
import { untilFull } from './settled.ts';

/** Through the engine's proxy each client fills some 2 MiB of the machine's memory for sockets (tcp(7), tcp_mem). */
const CLIENTS = 100;
const WRITE_TIMEOUT_S = 8;
/** LINGER_MS, because the proxy does not answer the FIN to an idle client, plus the time between two checks. */
const LAST_SECONDS_MS = 5_000 + 3_000;
/** Maximum time: when the peer's kernel takes a few more bytes, the timeouts of the connection start again. */
const LAST_ENDS_MS = 120_000;
const TCP = { listener: 'echo-tcp' };
const MIB = 1024 ** 2;
/** Files of control groups, version 2 and version 1. */
const PEAKS = ['memory.peak', 'memory.max_usage_in_bytes'];

/**
 * Here the kernel enforces the memory limit: it kills a container that exceeds it. Version 2 of control groups includes
 * the memory of sockets; version 1 counts it separately.
 *
 * In brief: services/echo/test/tcp-memory.test.ts, `clients that never read`, and tests/e2e/fleet.test.ts for the limit.
 */
export const floodedContainer: Scenario = {
  name: 'clients that never read, in a container',
  area: 'overload',
  seconds: { brief: 0, full: 60 },
  async run() {
    const promises = new Promises();
    // Behind the engine's proxy all clients have the same source address.
    const timeouts = { WRITE_TIMEOUT: `${WRITE_TIMEOUT_S}s`, IDLE_TIMEOUT: `${2 * WRITE_TIMEOUT_S}s` };
    const env = { MAX_CONNECTIONS_PER_SOURCE: '10000', ...timeouts };
    await using echo = await ContainedEcho.start('torture-flood', env);
    const pid = await echo.inspect('.State.Pid');
    const port = await echo.published(7_007);
    await using attacker = new Attacker({ kind: 'mute', clients: CLIENTS, sources: 10, port });
    const ready = await attacker.ready();
    await untilFull(echo);
    const accepted = (await echo.metrics()).value('l4_tcp_connections_accepted_total', TCP);
    const peak = peakOf(pid);
    // The clients stay: the proxy would not notice their end while it has bytes to deliver.
    const longestStillMs = await untilEnded(echo, pid);
    const done = await attacker.stop();
    promises.equal(ready.opened, CLIENTS, 'Connections of the attackers');
    promises.equal(accepted, CLIENTS, 'Accepted connections');
    promises.expect(
      longestStillMs <= 2_000 * WRITE_TIMEOUT_S + LAST_SECONDS_MS,
      'No connection may be left after IDLE_TIMEOUT without progress.',
      `${Math.round(longestStillMs)} ms`,
    );
    promises.equal(done.wrong, 0, 'Connections that ended neither served nor by RST');
    promises.equal(await echo.inspect('.State.OOMKilled'), 'false', 'Killed for its memory');
    promises.equal(await echo.inspect('.RestartCount'), '0', 'Restarts by the engine');
    promises.equal(await echo.inspect('.State.Pid'), pid, 'The process, which must run on,');
    const restarts = (await echo.metrics()).value('l4_data_plane_worker_restarts_total');
    promises.equal(restarts, 0, 'Restarts of the data plane');
    return {
      load: `${CLIENTS} clients that send and never read, a limit of 256 MiB`,
      lost: 'all of them, by WRITE_TIMEOUT or IDLE_TIMEOUT',
      figures: {
        'memory of the container': peak === undefined ? 'not told' : `${peak.toFixed()} MiB at most`,
      },
      broken: promises.broken,
    };
  },
};

/** Waits until no connection is left. @returns the longest time without progress of any byte, milliseconds */
async function untilEnded(echo: ContainedEcho, pid: string): Promise<number> {
  let before = '';
  let movedAt = performance.now();
  let longestStillMs = 0;
  await eventually(async () => {
    const metrics = await echo.metrics();
    const now = performance.now();
    longestStillMs = Math.max(longestStillMs, now - movedAt);
    const moved = ['received', 'sent'].map((way) => metrics.value(`l4_tcp_${way}_bytes_total`, TCP));
    const bytes = [...moved, unacknowledged(pid)].join();
    if (bytes !== before) movedAt = now;
    before = bytes;
    const left = metrics.value('l4_tcp_connections_open', TCP);
    if (left > 0) throw new Error(`${left} connections are still open`);
  }, LAST_ENDS_MS);
  return longestStillMs;
}

/** Unacknowledged bytes in the network namespace of a process (proc_net_tcp, tx_queue). */
function unacknowledged(pid: string): number {
  return (socketsOf('tcp', pid) ?? []).reduce((sum, { sendQueue }) => sum + sendQueue, 0);
}

/** The peak memory of the container of a process, MiB; undefined where the engine runs on another machine. */
function peakOf(pid: string): number | undefined {
  try {
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    const [, path = ''] = /^(?:\d+:memory:|0::)(.*)$/m.exec(groups) ?? [];
    const folders = [`/sys/fs/cgroup${path}`, `/sys/fs/cgroup/memory${path}`];
    for (const file of folders.flatMap((folder) => PEAKS.map((name) => `${folder}/${name}`))) {
      try {
        return Number(readFileSync(file, 'utf8')) / MIB;
      } catch {
        // The file of the other version.
      }
    }
  } catch {
    // The engine runs on another machine.
  }
  return undefined;
}
