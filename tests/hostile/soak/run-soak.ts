import { tcpImbalance, udpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { ChangingTargets } from './changing-targets.ts';
import { runClients } from './clients.ts';
import { Fleet, type Member } from './fleet.ts';
import { Findings, Load } from './load.ts';
import { ProbeOutcomes } from './probe-outcomes.ts';
import { leaksOf, undecidedOf } from './steadiness.ts';

/** Shorter runs sample and change targets more often, and have clients idle for less. Seconds. */
const SAMPLE_SECONDS = { most: 5, share: 0.1 } as const;
const CHANGE_SECONDS = { most: 60, share: 0.3 } as const;
const IDLE_SECONDS = { least: 3, most: 10, share: 0.2 } as const;
/** For connections to end, targets to go and counters to come up with the clients. */
const REST_WITHIN_MS = 30_000;
/**
 * Of descriptors or handles: libuv opens a few of its own when they are first needed, such as the spare one that gets it
 * out of EMFILE. What leaks with the load leaks by the hundred.
 */
const OPENED_ON_FIRST_USE = 2;
/** Characters of what a process says on stderr. */
const MAX_QUOTED = 500;

export interface SoakResult {
  readonly minutes: number;
  readonly members: readonly Member[];
  readonly exchanges: number;
  readonly probeSamples: number;
  readonly connections: number;
  readonly datagrams: number;
  readonly bytes: number;
  readonly integrityFailures: number;
  /** Everything that was not as it has to be, a sentence each; empty = all held. */
  readonly broken: readonly string[];
  /** Everything of which the run was too short to tell, a sentence each. */
  readonly undecided: readonly string[];
}

/** Puts a mixed load on a fleet of its own for so long, and holds what it held and counted against what it should have. */
export async function runSoak(minutes: number, signal: AbortSignal): Promise<SoakResult> {
  const totalSeconds = minutes * 60;
  const idleSeconds = Math.min(
    IDLE_SECONDS.most,
    Math.max(IDLE_SECONDS.least, totalSeconds * IDLE_SECONDS.share),
  );
  using targets = new ChangingTargets();
  await using fleet = await Fleet.start({
    idleTimeout: `${Math.round(idleSeconds * 1_000)}ms`,
    targetsFile: (watched) => targets.create(watched),
  });
  const findings = new Findings();
  const outcomes = new ProbeOutcomes();
  const probeUrl = fleet.probe.service.adminUrl;
  for (const member of fleet.members) {
    // What the first scrape alone brings about is no part of what the load leaves behind.
    await member.sample(0);
    member.atRest.push(await member.sample(0));
  }

  const over = AbortSignal.any([signal, AbortSignal.timeout(totalSeconds * 1_000)]);
  const load = new Load(1, Buffer.alloc(0), over, findings);
  const startedAt = performance.now();
  const readOutcomes = async (): Promise<void> => outcomes.read(await fleet.probe.service.metrics());
  const sample = async (): Promise<void> => {
    for (const member of fleet.members) {
      member.samples.push(await member.sample((performance.now() - startedAt) / 1_000));
    }
    await readOutcomes();
  };
  await Promise.all([
    runClients(fleet, over, findings),
    load.repeat('samples', sample, always(SAMPLE_SECONDS, totalSeconds)),
    load.repeat('targets', () => targets.change(load, probeUrl), always(CHANGE_SECONDS, totalSeconds)),
  ]);
  signal.throwIfAborted();

  const broken = [
    ...findings.sentences,
    ...(await problem('the probe', readOutcomes)),
    ...(await problem('the probe', () => targets.rest(probeUrl))),
    ...outcomes.failures,
    ...(outcomes.samples > 0 ? [] : ['the probe took no sample']),
  ];
  const verdicts = fleet.members.map(async (member) => [
    ...(await unrested(member, fleet)),
    ...leaksOf(member),
    ...(await unhealthy(member)),
  ]);
  broken.push(...(await Promise.all(verdicts)).flat());
  // The probe first: what it watches is to be there as long as it watches.
  for (const member of [...fleet.members].reverse()) {
    const { code, signal: killed } = await member.service.stop();
    if (code !== 0) broken.push(`${member.name}: ended with ${code ?? killed} instead of 0`);
  }
  const sum = (metric: string): number =>
    fleet.members.reduce((all, { books }) => all + books.sum(metric), 0);
  return {
    minutes,
    members: fleet.members,
    exchanges: findings.exchanges,
    probeSamples: outcomes.samples,
    connections: sum('l4_tcp_connections_accepted_total'),
    datagrams: sum('l4_udp_datagrams_received_total'),
    bytes: sum('l4_tcp_sent_bytes_total') + sum('l4_udp_sent_bytes_total'),
    integrityFailures: findings.integrityFailures + outcomes.integrityFailures,
    broken,
    undecided: fleet.members.flatMap(undecidedOf),
  };
}

function always(
  { most, share }: { readonly most: number; readonly share: number },
  totalSeconds: number,
): readonly [number, number] {
  const milliseconds = Math.round(Math.min(most, totalSeconds * share) * 1_000);
  return [milliseconds, milliseconds];
}

/** Nobody is connected, every descriptor is given back, and the counters are those of the clients. */
async function unrested(member: Member, fleet: Fleet): Promise<string[]> {
  const [before] = member.atRest;
  const isDriven = Object.values(fleet.driven).includes(member);
  return problem(member.name, async () => {
    const after = await member.sample(0);
    member.atRest[1] = after;
    if (after.connections > 0) throw new Error(`${after.connections} connections are still open`);
    for (const held of ['descriptors', 'handles'] as const) {
      if (after[held] > before![held] + OPENED_ON_FIRST_USE) {
        throw new Error(`${after[held]} ${held} after the load, ${before![held]} before it`);
      }
    }
    const differences = isDriven
      ? member.books.differences(await member.service.metrics())
      : await imbalances(member);
    if (differences.length > 0) throw new Error(differences.join('; '));
  });
}

async function imbalances(member: Member): Promise<string[]> {
  const metrics = await member.service.metrics();
  const { log } = member.service;
  const addresses = log.filter(({ msg }) => msg === 'listening').at(-1)?.addresses as
    | readonly { listener: string; protocol: 'tcp' | 'udp' }[]
    | undefined;
  return (addresses ?? []).flatMap(({ listener, protocol }) => {
    const missing = protocol === 'tcp' ? tcpImbalance(metrics, listener) : udpImbalance(metrics, listener);
    return missing === 0 ? [] : [`${listener} is out of balance by ${missing}`];
  });
}

/** Runs on as it was started: alive, ready, never restarted, with nothing to complain of. */
async function unhealthy({ name, service }: Member): Promise<string[]> {
  if (service.child.exitCode !== null || service.child.signalCode !== null) {
    return [`${name} ended by itself: ${service.stderr.slice(0, MAX_QUOTED)}`];
  }
  const complaints = service.log.filter(({ level }) => level !== 'info').map((line) => JSON.stringify(line));
  const restarts = (await service.metrics()).value('l4_data_plane_worker_restarts_total');
  const statuses = [await service.status('/livez'), await service.status('/readyz')];
  return [
    ...complaints.map((line) => `${name} logged ${line}`),
    ...(service.stderr === '' ? [] : [`${name} said ${service.stderr.slice(0, MAX_QUOTED)}`]),
    ...(restarts === 0 ? [] : [`${name}: ${restarts} workers died`]),
    ...(statuses.every((status) => status === 200) ? [] : [`${name} is not well: ${statuses.join(', ')}`]),
  ];
}

/** What still fails after the time it may take, if anything. */
async function problem(who: string, attempt: () => Promise<void>): Promise<string[]> {
  try {
    await eventually(attempt, REST_WITHIN_MS);
    return [];
  } catch (error) {
    return [`${who}: ${error instanceof Error ? error.message : error}`];
  }
}
