import { styleText } from 'node:util';
import { type ClauseResult, type Verdict, verdicts } from './run-clauses.ts';
import type { Target } from './target.ts';

/** Raised when a field of the JSON report changes its meaning or goes. */
const REPORT_VERSION = 1;

const colours = { held: 'green', failed: 'red', differs: 'yellow', skipped: 'dim' } as const;

/** One line per clause, then the sums. */
export function reportTable(results: readonly ClauseResult[]): string {
  const idWidth = Math.max(...results.map(({ clause }) => clause.id.length));
  const verdictWidth = Math.max(...verdicts.map((verdict) => verdict.length));
  const textWidth = Math.max(...results.map(({ clause }) => clause.text.length));
  const rows = results.map(({ clause, verdict, reason }) => {
    const shown = styleText(colours[verdict], verdict.padEnd(verdictWidth), { stream: process.stdout });
    const line = `${clause.id.padEnd(idWidth)}  ${shown}  ${clause.text.padEnd(textWidth)}  ${reason ?? ''}`;
    return line.trimEnd();
  });
  const sums = verdicts.map((verdict) => `${count(results, verdict)} ${verdict}`);
  return [...rows, '', sums.join(', ')].join('\n');
}

export function reportJson(target: Target, results: readonly ClauseResult[]): string {
  const sums = Object.fromEntries(verdicts.map((verdict) => [verdict, count(results, verdict)]));
  const rows = results.map(({ clause: { id, rfc, section, level, text }, verdict, reason }) => ({
    id,
    rfc,
    section,
    level,
    text,
    verdict,
    ...(reason !== undefined && { reason }),
  }));
  return JSON.stringify({ version: REPORT_VERSION, target, sums, clauses: rows }, undefined, 2);
}

export function count(results: readonly ClauseResult[], wanted: Verdict): number {
  return results.filter(({ verdict }) => verdict === wanted).length;
}
