import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { tcpImbalance, udpImbalance } from '../harness/balance.ts';
import { eventually } from '../harness/eventually.ts';
import { freePort } from '../harness/free-port.ts';
import { mainOfService, NODE } from '../harness/main-module.ts';
import type { Metrics } from '../harness/metrics.ts';
import { ServiceProcess } from '../harness/service-process.ts';

export type Environment = Readonly<Record<string, string>>;

/** The core of the service whose latency is measured; attackers and measuring clients share the other core. */
export const SERVICE_CORE = 0;
export const CLIENT_CORE = 1;
/** The warnings of a service with `FAULTS=on` at its start, and when faults are set or cleared. */
const OF_FAULTS = /^faults /;
/** Maximum characters quoted from the output of a process. */
const MAX_QUOTED = 500;

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Pins a command to one core, where the machine has two cores and taskset. */
export function pinned(core: number, command: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '--cpu-list', String(core), ...command] : command;
}

/** Runs a command with the lowest priority, so that a measuring client never waits for it (sched(7), SCHED_IDLE). */
export function withLowPriority(command: readonly string[]): readonly string[] {
  return canPin ? ['chrt', '--idle', '0', ...command] : command;
}

/**
 * Starts a service as in production, with logging, and waits until it listens.
 *
 * @param launcher command that runs the service by exec
 */
export async function startService(
  name: string,
  env: Environment = {},
  launcher: readonly string[] = [],
): Promise<ServiceProcess> {
  const service = spawnService(name, env, launcher);
  await service.logged('listening');
  return service;
}

export function spawnService(
  name: string,
  env: Environment,
  launcher: readonly string[] = [],
): ServiceProcess {
  const [program, ...flags] = [...launcher, ...NODE];
  return new ServiceProcess(mainOfService(name), { LOG_LEVEL: 'info', ...env }, [], [program!, ...flags]);
}

/** Ports for the listeners that are off by default. */
export async function optionalPorts(): Promise<Environment> {
  const port = async (): Promise<string> => String(await freePort());
  return { DIALOG_PORT: await port(), STAMP_PORT: await port(), SESSION_PORT: await port() };
}

export async function openFilesOf(service: ServiceProcess): Promise<number> {
  return (await service.metrics()).value('process_open_fds');
}

/** Resources that a service still holds for clients, a sentence each: connections, pending datagrams, files. */
export function heldBy(metrics: Metrics, openFilesBefore: number): string[] {
  const imbalances = [...metrics.series.keys()].flatMap((series) => {
    const [, protocol, listener = ''] =
      /^l4_(tcp_connections_accepted|udp_datagrams_received)_total\{listener="([^"]+)"\}/.exec(series) ?? [];
    if (protocol === undefined) return [];
    const missing = protocol.startsWith('tcp')
      ? tcpImbalance(metrics, listener)
      : udpImbalance(metrics, listener);
    return missing === 0 ? [] : [`the counts of ${listener} are out of balance by ${missing}`];
  });
  const open = metrics.sum('l4_tcp_connections_open');
  const files = metrics.value('process_open_fds');
  return [
    ...imbalances,
    ...(open === 0 ? [] : [`${open} connections are still open`]),
    ...(files <= openFilesBefore ? [] : [`${files} files are open, ${openFilesBefore} were before`]),
  ];
}

/** Problems of a service that must still run unchanged, a sentence each. */
export async function complaintsOf(service: ServiceProcess): Promise<string[]> {
  const { child, log } = service;
  const stderr = service.stderr.slice(0, MAX_QUOTED);
  if (child.exitCode !== null || child.signalCode !== null) return [`it ended by itself: ${stderr}`];
  const restarts = (await service.metrics()).value('l4_data_plane_worker_restarts_total');
  const [livez, readyz] = [await service.status('/livez'), await service.status('/readyz')];
  const [warning] = log.filter(
    ({ level, msg }) => !['debug', 'info'].includes(level) && !OF_FAULTS.test(msg),
  );
  return [
    ...(restarts === 0 ? [] : [`${restarts} workers died`]),
    ...(livez === 200 && readyz === 200 ? [] : [`/livez answers ${livez}, /readyz ${readyz}`]),
    ...(warning === undefined ? [] : [`it logged ${JSON.stringify(warning).slice(0, MAX_QUOTED)}`]),
    ...(stderr === '' ? [] : [`it wrote ${stderr}`]),
  ];
}

/** The harm that an ended attack has done to a service, a sentence each. */
export async function harmTo(service: ServiceProcess, openFilesBefore: number): Promise<string[]> {
  try {
    await eventually(async () => {
      const held = heldBy(await service.metrics(), openFilesBefore);
      if (held.length > 0) throw new Error(held.join('; '));
    });
    return await complaintsOf(service);
  } catch (error) {
    return [(error as Error).message];
  }
}
