import type { Outcome } from '../../src/sampling/outcome.ts';
import { count, counted, ms } from '../../src/stats/format.ts';
import { allOutcomes, outcomeWords } from '../words/outcome-words.ts';
import { clockTime, duration } from '../words/words.ts';
import type { Cell } from './cell.ts';

/** `14:03:10 · p50 0.42 ms, p99 1.90 ms, slowest 2.10 ms · 9 ok, 1 lost`. */
export function momentWords(cell: Cell, now: number): string {
  const { from, p50Ms, p99Ms, maxMs, total } = cell;
  const parts = [clockTime(from * 1_000, now)];
  if (p50Ms !== null) parts.push(`p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}, slowest ${ms(maxMs)}`);
  else if (total > 0) parts.push('no answer');
  return [...parts, countsInWords(cell)].join(' · ');
}

/** `9 ok, 1 lost`. */
export function countsInWords({ total, counts }: Pick<Cell, 'total' | 'counts'>): string {
  return total === 0 ? 'no sample' : seenInWords(counts).join(', ');
}

/** The whole strip for screen readers: `Last 10 min: 600 samples, 598 ok, 2 lost`. */
export function describe(cells: readonly Cell[]): string {
  const counts = new Map<Outcome, number>();
  for (const cell of cells) {
    for (const [outcome, seen] of cell.counts) counts.set(outcome, (counts.get(outcome) ?? 0) + seen);
  }
  const seconds = cells.reduce((sum, { from, to }) => sum + to - from, 0);
  const total = cells.reduce((sum, cell) => sum + cell.total, 0);
  const span = duration(Math.round(seconds) * 1_000);
  return [`Last ${span}: ${counted(total, 'sample')}`, ...seenInWords(counts)].join(', ');
}

function seenInWords(counts: ReadonlyMap<Outcome, number>): string[] {
  return allOutcomes
    .filter((outcome) => counts.has(outcome))
    .map((outcome) => `${count(counts.get(outcome)!)} ${outcomeWords[outcome].label}`);
}
