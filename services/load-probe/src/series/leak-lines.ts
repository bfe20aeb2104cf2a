import { count, counted, ms } from '../stats/format.ts';
import type { Leak } from '../stats/leaks.ts';

/** How many leaks a report lists. */
const MAX_LINES = 10;

/** When samples got through, oldest first. */
export function leakLines(leaks: readonly Leak[]): string[] {
  const lines = leaks.slice(0, MAX_LINES).map(leakLine);
  return leaks.length > MAX_LINES ? [...lines, `and ${count(leaks.length - MAX_LINES)} more leaks`] : lines;
}

/** `leaked from 2026-05-04T10:00:01.250Z to …, for 1.5 s, each to within 50 ms: 31 samples` */
function leakLine({ from, notAfter, notBefore, samples, to }: Leak): string {
  const lasted = `from ${time(from)} to ${time(to)}, for ${ms(to - from)}`;
  const began =
    notBefore === null ? 'it may have begun earlier' : `it began at most ${ms(from - notBefore)} earlier`;
  const ended = notAfter === null ? 'may last' : `ended at most ${ms(notAfter - to)} later`;
  return `leaked ${lasted}; ${began} and ${ended}: ${counted(samples, 'sample')}`;
}

function time(at: number): string {
  return new Date(at).toISOString();
}
