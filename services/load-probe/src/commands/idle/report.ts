import { jsonDocument, textOf } from '../../cli/report.ts';
import { failedDocument } from '../../net/each-address.ts';
import { counted, durationWords } from '../../stats/format.ts';
import type { Cause, IdleOutcome } from './idle-flow.ts';
import type { IdleOptions } from './options.ts';
import type { DeadlyIdleness, IdleResult, IdleSearch } from './run.ts';
import type { Stage, Unfinished } from './under-way.ts';

/** Whether there is a result and the gate held: a flow lived as long, and none is known to have died earlier. */
export function hasHeld({ minMs }: IdleOptions, { result }: IdleSearch): boolean {
  switch (result.name) {
    case 'failed':
      return false;
    case 'interrupted':
      return minMs !== undefined && result.aliveMs >= minMs;
    case 'survived':
      return result.aliveMs >= (minMs ?? 0);
    case 'died':
    case 'contradictory':
      return Math.min(result.aliveMs, result.death.idleMs) >= (minMs ?? 0);
  }
}

/** The result for programs. */
export function jsonReport(options: IdleOptions, search: IdleSearch): string {
  const { failed, outcomes, remote, result } = search;
  const death = 'death' in result ? result.death : undefined;
  const held = hasHeld(options, search);
  return jsonDocument({
    held,
    url: options.url,
    protocol: options.protocol,
    peer: remote ?? null,
    failedAddresses: failedDocument(failed),
    result: result.name,
    aliveMs: 'aliveMs' in result ? result.aliveMs : null,
    underWay: 'underWay' in result ? result.underWay : [],
    deadMs: death?.idleMs ?? null,
    cause: death?.cause ?? null,
    whenAsked: death?.whenAsked ?? null,
    together: death?.together ?? null,
    words: resultLines(options, search),
    gates: options.minMs === undefined ? [] : [{ name: 'min', allowedMs: options.minMs, held }],
    flows: outcomes.map(({ death: ofFlow, idleMs }) => ({
      idleMs: Math.floor(idleMs),
      cause: ofFlow?.cause ?? null,
      whenAsked: ofFlow?.whenAsked ?? true,
    })),
  });
}

/** The result for people. */
export function textReport(options: IdleOptions, search: IdleSearch): string {
  const lines = [...resultLines(options, search)];
  if (options.minMs !== undefined) {
    const gate = `--min ${durationWords(options.minMs)}`;
    lines.push(hasHeld(options, search) ? `${gate} held` : `${gate} did not hold`);
  }
  return textOf(lines);
}

/** Flows are open and left alone. */
export function openedLine(remote: string, timesMs: readonly number[]): string {
  const [first = 0] = timesMs;
  const last = timesMs.at(-1) ?? 0;
  if (timesMs.length === 1) return `one flow to ${remote} will be idle for ${durationWords(last)}\n`;
  return `${timesMs.length} flows to ${remote} will be idle for ${durationWords(first)} to ${durationWords(last)}\n`;
}

/** What became of one flow. */
export function settledLine({ death, idleMs }: IdleOutcome): string {
  return `idle for ${durationWords(idleMs)}: ${death ? `${death.cause}, ${death.detail}` : 'alive'}\n`;
}

function resultLines(options: IdleOptions, { remote, result }: IdleSearch): string[] {
  switch (result.name) {
    case 'failed':
      return [result.detail];
    case 'interrupted':
      return [
        result.aliveMs === 0
          ? 'stopped before any idle flow had answered'
          : `stopped; an idle flow lives for at least ${durationWords(result.aliveMs)}`,
        ...result.underWay.map(underWayLine),
      ];
    case 'survived':
      return [
        `an idle flow to ${remote} lives for at least ${durationWords(result.aliveMs)}`,
        ...mappingNote(options),
      ];
    case 'contradictory':
      return [
        `a flow to ${remote} died after ${durationWords(result.death.idleMs)} of idleness (${result.death.detail}), ` +
          `but others lived through ${durationWords(result.aliveMs)}: it was not idleness that killed it`,
      ];
    case 'died':
      return [deathWords(remote ?? options.url, result), meanings[result.death.cause], ...advice(result)];
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

function deathWords(remote: string, result: IdleResult & { readonly name: 'died' }): string {
  const { aliveMs, death } = result;
  const alive = aliveMs > 0 ? ` and lives through ${durationWords(aliveMs)}` : '';
  return death.whenAsked
    ? `an idle flow to ${remote} is dead after ${durationWords(death.idleMs)}${alive}: ${death.detail}`
    : `an idle flow to ${remote} dies after ${durationWords(death.idleMs)}: ${death.detail}${companions(death)}`;
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
