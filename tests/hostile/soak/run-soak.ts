import { eventually } from '../../harness/eventually.ts';
import { complaintsOf, heldBy } from '../service.ts';
import { ChangingTargets } from './changing-targets.ts';
import { runClients } from './clients.ts';
import { Fleet, type Member } from './fleet.ts';
import { Findings, Load } from './load.ts';
import { ProbeOutcomes } from './probe-outcomes.ts';
import { leaksOf, undecidedOf } from './steadiness.ts';

const SAMPLE_MS = 5_000;
/** Time between changes of the targets; shorter in short runs, and so are the idle times. Seconds. */
const CHANGE_SECONDS = { most: 60, share: 0.3 } as const;
const IDLE_SECONDS = { least: 3, most: 10, share: 0.2 } as const;
/**
 * Number of descriptors or handles that libuv opens at first use, such as its spare descriptor for EMFILE. A real leak
 * under load is hundreds.
 */
const OPENED_ON_FIRST_USE = 2;

export interface SoakResult {
  readonly minutes: number;
  readonly members: readonly Member[];
  readonly exchanges: number;
  readonly probeSamples: number;
  readonly connections: number;
  readonly datagrams: number;
  readonly bytes: number;
  readonly integrityFailures: number;
  /** Broken promises, a sentence each; empty = all held. */
  readonly broken: readonly string[];
  /** Promises for which the run was too short, a sentence each. */
  readonly undecided: readonly string[];
}

/** Runs a mixed load on its own fleet, and compares the fleet's resources and counts with the expected ones. */
export async function runSoak(minutes: number, signal: AbortSignal): Promise<SoakResult> {
  const totalSeconds = minutes * 60;
  const idleSeconds = Math.min(
    IDLE_SECONDS.most,
    Math.max(IDLE_SECONDS.least, totalSeconds * IDLE_SECONDS.share),
  );
  const changeMs = Math.round(Math.min(CHANGE_SECONDS.most, totalSeconds * CHANGE_SECONDS.share) * 1_000);
  using targets = new ChangingTargets();
  await using fleet = await Fleet.start({
    idleTimeout: `${Math.round(idleSeconds * 1_000)}ms`,
    targetsFile: (watched) => targets.create(watched),
  });
  const findings = new Findings();
  const outcomes = new ProbeOutcomes();
  const probeUrl = fleet.probe.service.adminUrl;
  for (const member of fleet.members) {
    // Resources that the first scrape allocates are not caused by the load.
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
    load.repeat('samples', sample, [SAMPLE_MS, SAMPLE_MS]),
    load.repeat('targets', () => targets.change(load, probeUrl), [changeMs, changeMs]),
  ]);
  signal.throwIfAborted();

  const broken = [
    ...findings.sentences,
    ...(await problem('the probe', readOutcomes)),
    ...(await problem('the probe', () => targets.rest(probeUrl))),
    ...outcomes.failures,
    ...(outcomes.samples > 0 ? [] : ['the probe took no sample']),
  ];
  const results = fleet.members.map(async (member) => [
    ...(await unrested(member, fleet)),
    ...leaksOf(member),
    ...(await complaintsOf(member.service)).map((complaint) => `${member.name}: ${complaint}`),
  ]);
  broken.push(...(await Promise.all(results)).flat());
  // The probe stops first, because its targets must exist as long as it runs.
  for (const member of [...fleet.members].reverse()) {
    const { code, signal: killed } = await member.service.stop();
    if (code !== 0) broken.push(`${member.name}: ended with ${code ?? killed} instead of 0`);
  }
  const sum = (metric: string): number =>
    fleet.members.reduce((all, { counts }) => all + counts.sum(metric), 0);
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

/** Checks that no client is connected, every descriptor is closed, and the counters equal those of the clients. */
async function unrested(member: Member, fleet: Fleet): Promise<string[]> {
  const [before] = member.atRest;
  const isDriven = Object.values(fleet.driven).includes(member);
  return problem(member.name, async () => {
    const after = await member.sample(0);
    member.atRest[1] = after;
    for (const held of ['descriptors', 'handles'] as const) {
      if (after[held] > before![held] + OPENED_ON_FIRST_USE) {
        throw new Error(`${after[held]} ${held} after the load, ${before![held]} before it`);
      }
    }
    const metrics = await member.service.metrics();
    const differences = isDriven ? member.counts.differences(metrics) : [];
    const wrong = [...heldBy(metrics, Number.POSITIVE_INFINITY), ...differences];
    if (wrong.length > 0) throw new Error(wrong.join('; '));
  });
}

/** The problem that still exists long after the load, if any. */
async function problem(who: string, attempt: () => Promise<void>): Promise<string[]> {
  try {
    await eventually(attempt);
    return [];
  } catch (error) {
    return [`${who}: ${error instanceof Error ? error.message : error}`];
  }
}
