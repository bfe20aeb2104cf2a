import { jsonDocument, textOf } from '../../cli/report.ts';
import { failedDocument } from '../../net/each-address.ts';
import { counted, durationWords } from '../../stats/format.ts';
import type { Cause, IdleOutcome } from './idle-flow.ts';
import type { IdleOptions } from './options.ts';
import type { FirstDeath, IdleResult, IdleSearch } from './run.ts';
import type { Stage, Unfinished } from './under-way.ts';

/** Whether there is a result and the gate held: a flow survived `--min`, and no flow died earlier. */
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

/** The result as JSON. */
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

/** The result as text. */
export function textReport(options: IdleOptions, search: IdleSearch): string {
  const lines = [...resultLines(options, search)];
  if (options.minMs !== undefined) {
    const gate = `--min ${durationWords(options.minMs)}`;
    lines.push(hasHeld(options, search) ? `${gate} held` : `${gate} did not hold`);
  }
  return textOf(lines);
}

/** The line for flows that were opened. */
export function openedLine(remote: string, timesMs: readonly number[]): string {
  const [first = 0] = timesMs;
  const last = timesMs.at(-1) ?? 0;
  if (timesMs.length === 1) return `one flow to ${remote} will be idle for ${durationWords(last)}\n`;
  return `${timesMs.length} flows to ${remote} will be idle for ${durationWords(first)} to ${durationWords(last)}\n`;
}

/** The line for the result of one flow. */
export function flowLine({ death, idleMs }: IdleOutcome): string {
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
        `a flow to ${remote} died after ${durationWords(result.death.idleMs)} idle (${result.death.detail}), but others ` +
          `survived ${durationWords(result.aliveMs)}: the idle time was not the cause`,
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
  const alive = aliveMs > 0 ? ` and survives ${durationWords(aliveMs)}` : '';
  return death.whenAsked
    ? `an idle flow to ${remote} is dead after ${durationWords(death.idleMs)}${alive}: ${death.detail}`
    : `an idle flow to ${remote} dies after ${durationWords(death.idleMs)}: ${death.detail}${companions(death)}`;
}

function companions({ together }: FirstDeath): string {
  if (!together || together.of <= 1) return '';
  return together.died === together.of
    ? `, and so did all ${together.of} that were idle`
    : `; ${together.died} of the ${together.of} that were idle died then`;
}

/** What most likely caused the death. */
const meanings: Readonly<Record<Cause, string>> = {
  fin: 'the likely cause is an idle timeout of the target, or of a proxy or load balancer before it',
  reset:
    'the target reset it, or a middlebox (load balancer, NAT, firewall) that has dropped its entry for the ' +
    'connection and answers with a reset',
  silent:
    'no FIN and no reset came: a middlebox (NAT, firewall, load balancer) has dropped its entry for the flow and ' +
    'discards its packets, so both ends still believe that it is open',
  unreachable: 'the path to the target was lost meanwhile',
  refused: 'the target stopped listening, or another host without the service has its address now',
  wrong_answer: 'another server answers now, such as another one behind a load balancer',
};

function advice({ aliveMs }: { readonly aliveMs: number }): string[] {
  if (aliveMs === 0) return [];
  return [
    `to keep a flow open, send something, such as a keep-alive, every ${durationWords(aliveMs)} or sooner`,
  ];
}

/** The limit of a result over UDP: an echo can't show whether a NAT kept its mapping. */
function mappingNote({ protocol }: IdleOptions): string[] {
  if (protocol !== 'echo-udp') return [];
  return [
    'over UDP this shows that requests and replies still pass; it does not show whether a NAT kept its mapping, ' +
      'as a request makes a new one',
  ];
}
