import { gateDocument, gateLines, jsonDocument, textOf } from '../../cli/report.ts';
import { headingOf, lostLines, responderLines, seriesDocument } from '../../series/report.ts';
import { count, counted, durationWords, ms } from '../../stats/format.ts';
import type { FlowRecord, Gap, LossCause } from './flow-record.ts';
import { type DuringResult, hasHeld, type Work } from './run.ts';
import { type CommandEnd, exitCodeOf } from './started-command.ts';

export type Command = readonly string[] | undefined;

/** The result for programs. */
export function jsonReport(result: DuringResult, command: Command): string {
  const { work } = result;
  return jsonDocument({
    held: hasHeld(result),
    interrupted: result.interrupted,
    startedAt: isoOf(result.startedAt),
    elapsedMs: result.elapsedMs,
    minMeasuredRatio: result.minMeasured,
    notBegun: work.name === 'done' ? null : work.why,
    work:
      work.name === 'done'
        ? {
            command: command ?? null,
            startedAt: isoOf(work.startedAt),
            elapsedMs: work.endedAt - work.startedAt,
            exitCode: work.end ? exitCodeOf(work.end) : null,
            signal: work.end?.signal ?? null,
          }
        : null,
    gates: result.gates.map(gateDocument),
    targets: result.targets.map((record) => ({
      ...seriesDocument(record),
      lostCount: record.lostCount,
      longestGap: record.gap ?? null,
      causes: record.causes,
      otherLosses: record.otherLosses,
      lostSamples: record.lostSamples,
      deaths: record.deaths,
    })),
  });
}

/** The result for people. */
export function textReport(result: DuringResult, command: Command): string {
  const { gates, targets, work } = result;
  const lines = targets.flatMap((record) => [...recordLines(record, work), '']);
  return textOf([...lines, workLine(work, command), ...gateLines(gates)]);
}

/** What became of the command. */
export function workLine(work: Work, command: Command): string {
  const what = command ? `the command (${commandLine(command)})` : 'sampling';
  if (work.name === 'not_begun') return `${what} was not begun: ${work.why}`;
  const { end, endedAt, startedAt } = work;
  const took = durationWords(endedAt - startedAt);
  return end
    ? `${what} ${endWords(end)} after ${took}; times are from its start`
    : `${what} went on for ${took}; times are from its start`;
}

export function endWords(end: CommandEnd): string {
  return end.signal === null ? `ended with exit code ${end.code}` : `was ended by ${end.signal}`;
}

/** The words of a command, with quotes where a shell needs them. */
function commandLine(words: readonly string[]): string {
  const isPlain = (word: string): boolean => /^[\w%+,./:=@-]+$/.test(word);
  return words.map((word) => (isPlain(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** What one kind of flows of a target saw, without its gates. */
export function recordLines(record: FlowRecord, work: Work): string[] {
  const { flowDeaths, gap, judged, lastFlowDeaths, lostCount, outcomes, target } = record;
  const flows = target.flow === 'sticky' ? 'the old flow' : 'new flows';
  const when = timeOf(work);
  const lines = [
    `${flows}: ${count(outcomes.ok)} of ${counted(judged, 'sample')} ok, ${count(lostCount)} lost`,
    ...record.causes.map((cause) => causeLine(cause, when)),
  ];
  if (record.otherLosses > 0) lines.push(`${count(record.otherLosses)} more lost, with other messages`);
  if (lostCount > 0) lines.push(...lostLines(record));
  if (gap) lines.push(gapLine(gap, when));
  if (outcomes.prober_late > 0) {
    const last = record.failures.find(({ outcome }) => outcome === 'prober_late')?.detail ?? '';
    lines.push(`${counted(outcomes.prober_late, 'sample')} not counted, the last: ${last}`);
  }
  if (flowDeaths > 0) {
    const deaths = lastFlowDeaths.map(({ ageMs, at, cause }) => `${cause} at ${when(at)}, ${ms(ageMs)} old`);
    lines.push(`the flow died ${counted(flowDeaths, 'time')}, the newest first: ${deaths.join('; ')}`);
  }
  lines.push(...responderLines(record));
  return [headingOf(target), ...lines.map((line) => `  ${line}`)];
}

function causeLine(
  { count: lost, detail, firstAt, lastAt, outcome, responder }: LossCause,
  when: TimeWords,
): string {
  const times = firstAt === lastAt ? `at ${when(firstAt)}` : `from ${when(firstAt)} to ${when(lastAt)}`;
  const last = responder === null ? '' : ` (${responder} had answered last)`;
  return `${count(lost)} ${outcome}, ${times}: ${detail}${last}`;
}

function gapLine({ at, isOpen, ms: length }: Gap, when: TimeWords): string {
  const end = isOpen ? ', and not over at the end' : '';
  return `longest gap ${ms(length)}, from ${when(at)}${end}`;
}

type TimeWords = (at: number) => string;

/** Writes times as seconds since the command was started: `+3.221 s`. */
function timeOf(work: Work): TimeWords {
  if (work.name === 'not_begun') return isoOf;
  return (at) => {
    const seconds = (at - work.startedAt) / 1_000;
    return `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)} s`;
  };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
