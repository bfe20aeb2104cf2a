import { styleText } from 'node:util';
import { type ClauseOutcome, type ClauseResult, outcomes } from './run-clauses.ts';
import type { Target } from './target.ts';

/** Raised when a field of the JSON report changes its meaning or goes. */
const REPORT_VERSION = 1;

const colours = { held: 'green', failed: 'red', differs: 'yellow', skipped: 'dim' } as const;

/** One line per clause, then the sums. */
export function reportTable(results: readonly ClauseResult[]): string {
  const idWidth = Math.max(...results.map(({ clause }) => clause.id.length));
  const outcomeWidth = Math.max(...outcomes.map((outcome) => outcome.length));
  const textWidth = Math.max(...results.map(({ clause }) => clause.text.length));
  const rows = results.map(({ clause, outcome, reason }) => {
    const shown = styleText(colours[outcome], outcome.padEnd(outcomeWidth), { stream: process.stdout });
    const line = `${clause.id.padEnd(idWidth)}  ${shown}  ${clause.text.padEnd(textWidth)}  ${reason ?? ''}`;
    return line.trimEnd();
  });
  const sums = outcomes.map((outcome) => `${count(results, outcome)} ${outcome}`);
  return [...rows, '', sums.join(', ')].join('\n');
}

export function reportJson(target: Target, results: readonly ClauseResult[]): string {
  const sums = Object.fromEntries(outcomes.map((outcome) => [outcome, count(results, outcome)]));
  const rows = results.map(({ clause: { id, rfc, section, level, text }, outcome, reason }) => ({
    id,
    rfc,
    section,
    level,
    text,
    verdict: outcome,
    ...(reason !== undefined && { reason }),
  }));
  return JSON.stringify({ version: REPORT_VERSION, target, sums, clauses: rows }, undefined, 2);
}

export function count(results: readonly ClauseResult[], wanted: ClauseOutcome): number {
  return results.filter(({ outcome }) => outcome === wanted).length;
}
