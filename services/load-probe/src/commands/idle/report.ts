import { failedDocument } from '../../net/each-address.ts';
import { counted, durationWords } from '../../stats/format.ts';
import type { Cause, IdleOutcome } from './idle-flow.ts';
import type { IdleOptions } from './options.ts';
import type { DeadlyIdleness, IdleSearch, IdleVerdict } from './run.ts';
import type { Stage, Unfinished } from './under-way.ts';

/** Of the JSON's shape: it grows within a version and changes only with a new one. */
const REPORT_VERSION = 1;

/** Whether there is a verdict and the gate held: a flow lived as long, and none is known to have died earlier. */
export function hasHeld({ minMs }: IdleOptions, { verdict }: IdleSearch): boolean {
  switch (verdict.result) {
    case 'failed':
      return false;
    case 'interrupted':
      return minMs !== undefined && verdict.aliveMs >= minMs;
    case 'survived':
      return verdict.aliveMs >= (minMs ?? 0);
    case 'died':
    case 'contradictory':
      return Math.min(verdict.aliveMs, verdict.death.idleMs) >= (minMs ?? 0);
  }
}

/** The result for programs. */
export function jsonReport(options: IdleOptions, search: IdleSearch): string {
  const { failed, outcomes, peer, verdict } = search;
  const death = 'death' in verdict ? verdict.death : undefined;
  const held = hasHeld(options, search);
  const report = {
    version: REPORT_VERSION,
    held,
    url: options.url,
    protocol: options.protocol,
    peer: peer ?? null,
    failedAddresses: failedDocument(failed),
    result: verdict.result,
    aliveMs: 'aliveMs' in verdict ? verdict.aliveMs : null,
    underWay: 'underWay' in verdict ? verdict.underWay : [],
    deadMs: death?.idleMs ?? null,
    cause: death?.cause ?? null,
    whenAsked: death?.whenAsked ?? null,
    together: death?.together ?? null,
    words: verdictWords(options, search),
    gates: options.minMs === undefined ? [] : [{ name: 'min', allowedMs: options.minMs, held }],
    flows: outcomes.map(({ death: ofFlow, idleMs }) => ({
      idleMs: Math.floor(idleMs),
      cause: ofFlow?.cause ?? null,
      whenAsked: ofFlow?.whenAsked ?? true,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** The result for people. */
export function textReport(options: IdleOptions, search: IdleSearch): string {
  const lines = [...verdictWords(options, search)];
  if (options.minMs !== undefined) {
    const gate = `--min ${durationWords(options.minMs)}`;
    lines.push(hasHeld(options, search) ? `${gate} held` : `${gate} did not hold`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** Flows are open and left alone. */
export function openedLine(peer: string, timesMs: readonly number[]): string {
  const [first = 0] = timesMs;
  const last = timesMs.at(-1) ?? 0;
  if (timesMs.length === 1) return `one flow to ${peer} will be idle for ${durationWords(last)}\n`;
  return `${timesMs.length} flows to ${peer} will be idle for ${durationWords(first)} to ${durationWords(last)}\n`;
}

/** What became of one flow. */
export function settledLine({ death, idleMs }: IdleOutcome): string {
  return `idle for ${durationWords(idleMs)}: ${death ? `${death.cause}, ${death.words}` : 'alive'}\n`;
}

function verdictWords(options: IdleOptions, { peer, verdict }: IdleSearch): string[] {
  switch (verdict.result) {
    case 'failed':
      return [verdict.words];
    case 'interrupted':
      return [
        verdict.aliveMs === 0
          ? 'stopped before any idle flow had answered'
          : `stopped; an idle flow lives for at least ${durationWords(verdict.aliveMs)}`,
        ...verdict.underWay.map(underWayLine),
      ];
    case 'survived':
      return [
        `an idle flow to ${peer} lives for at least ${durationWords(verdict.aliveMs)}`,
        ...mappingNote(options),
      ];
    case 'contradictory':
      return [
        `a flow to ${peer} died after ${durationWords(verdict.death.idleMs)} of idleness (${verdict.death.words}), ` +
          `but others lived through ${durationWords(verdict.aliveMs)}: it was not idleness that killed it`,
      ];
    case 'died':
      return [deathWords(peer ?? options.url, verdict), meanings[verdict.death.cause], ...advice(verdict)];
  }
}

const stageNouns: Readonly<Record<Stage, string>> = {
  lookup: 'lookup',
  connect: 'connection attempt',
  first_exchange: 'first exchange',
  idle: 'idle flow',
  answer: 'unanswered request',
};

function underWayLine({ stage, count, ageMs }: Unfinished): string {
  const oldest = count === 1 ? '' : 'the oldest ';
  return `under way when stopped: ${counted(count, stageNouns[stage])}, ${oldest}for ${durationWords(ageMs)}`;
}

function deathWords(peer: string, verdict: IdleVerdict & { readonly result: 'died' }): string {
  const { aliveMs, death } = verdict;
  const alive = aliveMs > 0 ? ` and lives through ${durationWords(aliveMs)}` : '';
  return death.whenAsked
    ? `an idle flow to ${peer} is dead after ${durationWords(death.idleMs)}${alive}: ${death.words}`
    : `an idle flow to ${peer} dies after ${durationWords(death.idleMs)}: ${death.words}${companions(death)}`;
}

function companions({ together }: DeadlyIdleness): string {
  if (!together || together.of <= 1) return '';
  return together.died === together.of
    ? `, and so did all ${together.of} that were idle`
    : `; ${together.died} of the ${together.of} that were idle died then`;
}

/** Who does such a thing. */
const meanings: Readonly<Record<Cause, string>> = {
  fin: 'somebody closes it in good order: an idle timeout of the target itself, or of a proxy or load balancer before it',
  reset:
    'somebody resets it: the target, or a box on the way (load balancer, NAT, firewall) that has forgotten the ' +
    'connection and says so',
  silent:
    'nobody says so: a box on the way (NAT, firewall, load balancer) has forgotten the flow and drops what belongs ' +
    'to it, so both ends believe that it lives',
  unreachable: 'the way to the target was lost meanwhile',
  refused: 'the target stopped listening, or another one without the service has taken its place',
  wrong_answer: 'somebody else answers by now, such as another server behind a load balancer',
};

function advice({ aliveMs }: { readonly aliveMs: number }): string[] {
  if (aliveMs === 0) return [];
  return [
    `whoever needs it longer must send something, such as a keep-alive, every ${durationWords(aliveMs)} or sooner`,
  ];
}

/** What an echo can't show. */
function mappingNote({ protocol }: IdleOptions): string[] {
  if (protocol !== 'echo-udp') return [];
  return [
    'over UDP that is the whole path there and back; whether a NAT gave the flow a new port meanwhile, so that ' +
      'nothing could have come in uninvited, an echo does not show',
  ];
}
