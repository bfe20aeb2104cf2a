import { jsonDocument, textOf } from '../../cli/report.ts';
import { failedDetail, failedDocument } from '../../net/each-address.ts';
import type { AnswerRecord } from './answer-record.ts';
import { lossDetail } from './converse-udp.ts';
import { type Ends, NOTHING_MOVED, type SendOptions, type SendResult } from './run.ts';
import type { AnswerCounts } from './sent-datagrams.ts';

/** How long Linux and most other systems wait before they send an unanswered SYN again (RFC 6298, section 2). */
const FIRST_RETRANSMISSION_MS = 1_000;

export interface SendReport {
  readonly options: SendOptions;
  /** Undefined when `send` was stopped before there was a result. */
  readonly result: SendResult | undefined;
  readonly interrupted: boolean;
  readonly durationMs: number;
}

/** The result as JSON. */
export function jsonReport(
  { interrupted, options, result, durationMs }: SendReport,
  record: AnswerRecord,
): string {
  const failure = result?.failure;
  return jsonDocument({
    ok: !interrupted && !failure,
    interrupted,
    protocol: options.protocol,
    host: options.host,
    port: options.port,
    local: result?.ends?.local ?? null,
    remote: result?.ends?.remote ?? null,
    failedAddresses: failedDocument(result?.ends?.failed),
    connectMs: result?.ends?.connectMs === undefined ? null : rounded(result.ends.connectMs),
    durationMs: rounded(durationMs),
    sentBytes: result?.sentBytes ?? null,
    receivedBytes: result?.receivedBytes ?? null,
    answers: result?.answers ? answersDocument(result.answers) : null,
    pieces: record.kept,
    piecesLeftOut: record.pieces - record.kept.length,
    notes: [...connectNotes(result?.ends), ...answerNotes(result?.answers)],
    failure: failure ? { kind: failure.kind, words: failure.detail, next: failure.next } : null,
  });
}

/** The line for a flow that was opened, and notes about its connect. */
export function connectedLines(protocol: 'tcp' | 'udp', ends: Ends): string {
  if (protocol === 'udp') return `sending to ${ends.remote} from ${ends.local}\n`;
  const took = ends.connectMs === undefined ? '' : ` in ${milliseconds(ends.connectMs)}`;
  const notes = connectNotes(ends).map((note) => `note: ${note}\n`);
  return `connected to ${ends.remote} from ${ends.local}${took}\n${notes.join('')}`;
}

/** The result as text. */
export function endLines({ interrupted, options, result, durationMs }: SendReport, pieces: number): string {
  const { answers, ends, failure, receivedBytes, sentBytes } = result ?? NOTHING_MOVED;
  const lines: string[] = [];
  if (ends) {
    const parts = options.protocol === 'udp' ? plural(pieces, 'answer') : plural(pieces, 'piece');
    lines.push(
      `sent ${plural(sentBytes, 'byte')}, received ${plural(receivedBytes, 'byte')} in ${parts}, ` +
        `all within ${milliseconds(durationMs)}`,
    );
  }
  // Over UDP only a reply shows which address works.
  if (options.protocol === 'udp') lines.push(...connectNotes(ends).map((note) => `note: ${note}`));
  lines.push(...answerNotes(answers).map((note) => `note: ${note}`));
  if (interrupted) {
    const waiting = answers && answers.unanswered > 0 ? `: ${lossDetail(answers, 'so far')}` : '';
    lines.push(`stopped after ${milliseconds(durationMs)}${waiting}`);
  }
  if (failure) lines.push(`${failure.kind}: ${failure.detail}`, `next: ${failure.next}`);
  return textOf(lines);
}

function answersDocument({ unansweredNumbers, ...counts }: AnswerCounts): object {
  return { ...counts, unansweredNumbers: unansweredNumbers ?? null };
}

/** Notes about duplicates and about replies that are no echo. */
function answerNotes(answers: AnswerCounts | undefined): string[] {
  if (!answers) return [];
  const { duplicates, echoes, repeats, sent, unmatched } = answers;
  const notes: string[] = [];
  if (duplicates > 0) {
    notes.push(`${plural(duplicates, 'duplicate')}: echoes of datagrams that had been echoed already`);
  }
  if (unmatched > 0 && echoes > 0) {
    notes.push(
      `${plural(unmatched, 'answer')} with other bytes than every datagram: changed on the path, or not for this probe`,
    );
  } else if (unmatched > 0 && sent > 1) {
    const repeated =
      repeats === 0 ? '' : `; ${repeats} of them had the same bytes as an earlier one, which may hide a loss`;
    notes.push(`no answer is an echo, so they were counted and not matched to their datagrams${repeated}`);
  }
  return notes;
}

function connectNotes(ends: Ends | undefined): string[] {
  const { connectMs = 0, failed = [] } = ends ?? {};
  const notes = failed.length > 0 ? [failedDetail(failed)] : [];
  if (connectMs < FIRST_RETRANSMISSION_MS) return notes;
  return [
    ...notes,
    `the connect took ${milliseconds(connectMs)}: a system waits ${FIRST_RETRANSMISSION_MS} ms before it sends an ` +
      'unanswered SYN again, so at least one was lost or met a full accept queue',
  ];
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
