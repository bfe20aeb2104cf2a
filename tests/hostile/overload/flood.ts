import { eventually } from '../../harness/eventually.ts';
import type { Metrics } from '../../harness/metrics.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { cpuShare, peakMemoryMib } from '../process-vitals.ts';
import { Promises, type Scale, type ScenarioResult } from '../scenario.ts';
import { type Environment, openFilesOf, pinned, SERVICE_CORE, startService } from '../service.ts';
import { type Account, WellBehaved, type WellBehavedOptions } from '../well-behaved.ts';
import { type Attack, Attacker, type Report } from './attack.ts';
import { bestLatency, type Latency } from './latency.ts';
import { recovery } from './recovery.ts';

/** `mem_limit` of docker-compose.yml. */
const MEMORY_LIMIT_MIB = 256;
/** The heap limit by `heapLimitMib`. V8 collects garbage by its limit, and by default it would use much more here. */
const HEAP = '--max-old-space-size=128';
/** A service without requests uses a few thousandths of a core; a spinning loop uses all of it. */
const IDLE_CPU_SHARE = 0.3;
const STILL_MS = 1_000;
/** Rate and count of a client whose latency is measured. */
const PACE: WellBehavedOptions = { rate: 100, count: 1_000 };
/** Rate of a client that shares its core with other tests, samples per second. */
const BRIEF_RATE = 20;
/** Number of samples of a client that is stopped after the attack. */
const ENDLESS = 100_000;

export interface AttackPlan {
  readonly env?: Environment;
  readonly launcher?: readonly string[];
  readonly listener: 'echo-tcp' | 'echo-udp';
  /** The attack, without the port. */
  readonly attack: Omit<Attack, 'port'>;
  /** Resolves when the attack is complete, for example when all buffers are full. */
  readonly settled?: (service: ServiceProcess) => Promise<void>;
  /** Minimum duration after that. Milliseconds. */
  readonly lastsMs: number;
  /** Whether the attackers do nothing after that: then the service must be idle too. */
  readonly still: boolean;
  /** Checks the service at the end of the attack. */
  readonly during?: (seen: Seen) => void | Promise<void>;
  /** Checks the result of the attack. */
  readonly judge: (
    seen: Seen & { readonly done: Report; readonly ours: Ours },
  ) => Pick<ScenarioResult, 'load' | 'lost' | 'figures'>;
}

export interface Seen {
  readonly service: ServiceProcess;
  readonly promises: Promises;
  readonly metrics: Metrics;
  readonly ready: Report;
}

/** Traffic of the well-behaved clients, which the checks must add to that of the attackers. */
export interface Ours {
  readonly connections: number;
  /** A range, because the well-behaved client may not have sent the samples for which it was late. */
  readonly datagrams: { readonly least: number; readonly most: number };
}

/** Attacks an echo service beside a well-behaved client, and checks the promises that hold under every attack. */
export async function attackEcho(plan: AttackPlan, scale: Scale): Promise<ScenarioResult> {
  // Beside other tests latency proves nothing: then one client stays from before the attack to its end.
  if (scale === 'brief') return (await attackOnce(plan)).result;
  return bestLatency(async () => {
    // The control is a service that is not attacked: its latency during the attack comes from the machine, not from the
    // service. It also gets requests before the attack, so that the client has the same work both times.
    await using control = await startService('echo', { NODE_OPTIONS: HEAP }, pinned(SERVICE_CORE, []));
    const { result, latency } = await attackOnce(plan, control);
    if (latency === undefined) throw new Error('latency is measured where there is a control');
    return { result, latency };
  });
}

/** @param control a service without attack, for comparison of latency; needs three clients instead of one */
async function attackOnce(
  plan: AttackPlan,
  control?: ServiceProcess,
): Promise<{ readonly result: ScenarioResult; readonly latency: Latency | undefined }> {
  const promises = new Promises();
  const service = await startService(
    'echo',
    { NODE_OPTIONS: HEAP, ...plan.env },
    pinned(SERVICE_CORE, plan.launcher ?? []),
  );
  await using _service = service;
  const pid = service.child.pid!;
  const port = service.port(plan.listener);
  const url = urlOf(service, plan.listener);
  const measure = async (): Promise<readonly [Account, Account] | undefined> =>
    control && accountsOf([url, urlOf(control, plan.listener)], PACE);

  const filesBefore = await openFilesOf(service);
  const quiet = await measure();
  const samplesBefore = quiet?.[0].samples ?? 0;

  // Before the attack: at the connection limit no further client is accepted.
  await using wellBehaved = new WellBehaved(url, { rate: control ? PACE.rate : BRIEF_RATE, count: ENDLESS });
  await eventually(async () => {
    const metrics = await service.metrics();
    const asked =
      plan.listener === 'echo-tcp'
        ? metrics.value('l4_tcp_connections_open', { listener: 'echo-tcp' })
        : metrics.value('l4_udp_datagrams_received_total', { listener: 'echo-udp' }) - samplesBefore;
    if (asked < 1) throw new Error('the well-behaved client has not come yet');
  });
  await using attacker = new Attacker({ ...plan.attack, port }, control !== undefined);
  const ready = await attacker.ready();
  await plan.settled?.(service);
  const lasts = new Promise((resolve) => setTimeout(resolve, plan.lastsMs));
  if (!control) await lasts;
  // While the attackers connect they use all of the core. Latency is judged when all are connected.
  const arrival = await wellBehaved.stop();
  const beside = await measure();
  await lasts;
  const metrics = await service.metrics();
  const stillShare = plan.still ? await cpuShare(pid, STILL_MS) : 0;
  expectIdle(stillShare, 'A service whose clients do nothing must not be busy.');
  await plan.during?.({ service, promises, metrics, ready });
  const done = await attacker.stop();
  const clients = [quiet?.[0], arrival, beside?.[0]].filter((client) => client !== undefined);
  for (const { samples, late, failures } of clients) {
    // Beside other tests the client may be late for every sample. The counters of the service show that it was served.
    const isThere = control ? samples > late : samples > 0;
    promises.expect(isThere, 'The well-behaved client must have been there.', { samples, late });
    promises.expect(failures.length === 0, 'The well-behaved client must lose nothing.', failures);
  }

  const recoveredMs = await recovery(service, plan.listener, filesBefore, promises, control !== undefined);
  const idleShare = await cpuShare(pid, STILL_MS);
  expectIdle(idleShare, 'A service without clients must not be busy.');
  const memory = peakMemoryMib(pid);
  promises.expect(
    memory < MEMORY_LIMIT_MIB,
    `Memory must stay below ${MEMORY_LIMIT_MIB} MiB.`,
    `${Math.round(memory)} MiB`,
  );
  const after = await service.metrics();
  promises.equal(after.value('l4_data_plane_worker_restarts_total'), 0, 'Restarts of the data plane');
  promises.equal(service.child.exitCode, null, 'The exit code of the service, which must run on,');
  const exchanges = clients.reduce((sum, { samples }) => sum + samples, 0);
  const late = clients.reduce((sum, client) => sum + client.late, 0);
  // One flow for each sticky client, and one for the new client.
  const ours: Ours = {
    connections: clients.length + 1,
    datagrams: { least: exchanges - late + 1, most: exchanges + 1 },
  };
  const judged = plan.judge({ service, promises, metrics: after, ready, done, ours });
  const figures = {
    ...judged.figures,
    memory: `${Math.round(memory)} MiB at most`,
    ...(plan.still ? { 'while it stood there': `${percent(stillShare)} of a core` } : {}),
    recovery: `${(recoveredMs / 1_000).toFixed(1)} s`,
    'idle after it': `${percent(idleShare)} of a core`,
  };
  return {
    result: { ...judged, figures, broken: promises.broken },
    latency: quiet && beside && { quiet: quiet[0], arrival, beside: beside[0], control: beside[1] },
  };

  function expectIdle(share: number, promise: string): void {
    promises.expect(share < IDLE_CPU_SHARE, promise, `${percent(share)} of a core`);
  }
}

function urlOf(service: ServiceProcess, listener: AttackPlan['listener']): string {
  return `${listener.replace('-', '+')}://127.0.0.1:${service.port(listener)}?flow=sticky`;
}

async function accountsOf(
  urls: readonly [string, string],
  pace: WellBehavedOptions,
): Promise<readonly [Account, Account]> {
  await using client = new WellBehaved(urls, pace);
  const [first, second] = await client.accounts();
  return [first!, second!];
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
