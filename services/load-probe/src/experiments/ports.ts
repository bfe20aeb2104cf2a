import { type Observation, observed, portLikelihoods } from '@echo-daytime/diagnosis';
import { type FoundPaths, findPaths } from '../commands/paths/run.ts';
import { sentenceOf } from '../stats/path-sentence.ts';
import { isUdp } from '../targets/protocol.ts';
import type { Subject } from './subject.ts';

const FIRST_PORT = 40_000;
const PORTS = 64;
const RATE = 300;
const TIMEOUT_MS = 1_000;
/** Samples of each port; over TCP each is a connection. */
const countOf = (isTcp: boolean): number => (isTcp ? 12 : 24);
/** Where a few samples were lost and do not tell of which ports, there are so many times more. */
const MORE = 2;
/** So many losses tell. */
const ENOUGH_LOSSES = 40;

/** Samples from many source ports, each many times: a port stays on its path. */
export async function runPorts(subject: Subject): Promise<readonly Observation[]> {
  const count = countOf(!isUdp(subject.target.protocol));
  const first = await sweep(subject, count);
  if (first === undefined) return [];
  const lost = first.tallies.reduce((sum, tally) => sum + tally.lost, 0);
  const isUnclear = lost > 0 && lost < ENOUGH_LOSSES && first.verdict.bad.length === 0;
  const second = isUnclear ? await sweep(subject, count * MORE) : undefined;
  const found = second ?? first;
  const { details } = subject;
  if (found.verdict.bad.length > 0) {
    details.ports = found.verdict.bad;
    const hop = hopOf(found);
    if (hop !== undefined) details.hop = hop;
  }
  const tallies = new Map(first.tallies.map(({ lost, port, sent }) => [port, { lost, of: sent }]));
  for (const { lost, port, sent } of second?.tallies ?? []) {
    const before = tallies.get(port) ?? { lost: 0, of: 0 };
    tallies.set(port, { lost: before.lost + lost, of: before.of + sent });
  }
  const { alike, someDead, someLossy } = portLikelihoods([...tallies.values()]);
  return [observed('ports', { alike, some_dead: someDead, some_lossy: someLossy }, wordsOf(found))];
}

/** @returns undefined where no sample could be taken */
async function sweep(subject: Subject, count: number): Promise<FoundPaths | undefined> {
  const { clock, host, maxRate, signal, target, udp } = subject;
  const ports = Array.from({ length: PORTS }, (_, index) => FIRST_PORT + index);
  const plan = { ports, count, rate: Math.min(RATE, maxRate), timeoutMs: TIMEOUT_MS };
  const found = await findPaths({ target: { ...target, host }, ...plan, typed: [] }, { clock, signal, udp });
  signal.throwIfAborted();
  return 'problem' in found || found.tallies.every(({ sent }) => sent === 0) ? undefined : found;
}

/** The first hop of a bad port that a good one does not have. */
function hopOf({ parting }: FoundPaths): string | undefined {
  if (!parting || 'unknown' in parting) return undefined;
  return parting.bad ?? undefined;
}

function wordsOf({ parting, tallies, verdict }: FoundPaths): string {
  const sent = tallies.reduce((sum, tally) => sum + tally.sent, 0);
  const where =
    parting && !('unknown' in parting)
      ? `; a bad one and a good one part at hop ${parting.ttl}: ${parting.bad ?? 'silence'} and ${parting.good ?? 'silence'}`
      : '';
  return `${sent} samples from ${tallies.length} source ports: ${sentenceOf(verdict)}${where}`;
}
